"""The probe of this machine's speed."""

import threading
import time

import pytest

from qcexec_engine.calibration import Speed, probe


def test_the_factor_is_the_mean_of_both_kinds_of_work() -> None:
    assert Speed(interpreter=1.0, memory=1.0).slowness == 1.0
    assert Speed(interpreter=4.0, memory=1.0).slowness == pytest.approx(2.0)


def test_this_machine_is_within_reach_of_the_reference() -> None:
    speed = probe()
    assert 0.02 < speed.interpreter < 50
    assert 0.02 < speed.memory < 50


def test_a_probe_ends_soon_and_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    started = time.monotonic()
    probe(0.0)
    assert time.monotonic() - started < 10
    assert threading.active_count() == before
