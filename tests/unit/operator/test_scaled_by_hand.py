"""A scale that somebody else has raised: what the watch has not told of yet may be at work."""

from dataclasses import replace

from qcexec_operator.decide import decide
from support.worker_pools import NOW, POLICY, deployment, idle, pool

AT_MOST_TWO = replace(POLICY, max_replicas=2)


def test_pods_that_nobody_has_created_are_given_up_at_once() -> None:
    observed = pool(*idle(1), replicas=4)
    assert decide(observed, AT_MOST_TWO, NOW).replicas in (1, 2)


def test_pods_that_the_controller_has_created_are_not_given_up_unseen() -> None:
    state = replace(deployment(4), pods=4)
    observed = replace(pool(*idle(1), replicas=4), deployment=state)
    assert decide(observed, AT_MOST_TWO, NOW).replicas is None
