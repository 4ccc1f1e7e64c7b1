"""Who a worker says that it is."""

import socket
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from qcexec_queue.workers import WorkerIdentity
from qcexec_worker.identity import identify, seed_of
from qcexec_worker.settings import WorkerSettings
from qcexec_worker.sizing import SlotPlan

PLAN = SlotPlan(slots=3, slot_bytes=5, reasons=())


def identity(process_id: int = 77, **values: str) -> WorkerIdentity:
    settings = WorkerSettings.model_validate(
        {"database_url": SecretStr("postgresql://a@b/c"), **values}
    )
    return identify(settings, PLAN, queue_id=9, release="1.2", process_id=process_id)


def test_each_start_is_a_worker_of_its_own() -> None:
    assert identity().worker_id != identity().worker_id


def test_it_tells_its_slots_and_its_place() -> None:
    known = identity(pod_uid="uid", pod_name="pod", node_name="node")
    assert (known.queue_id, known.slots, known.slot_memory, known.release) == (9, 3, 5, "1.2")
    assert (known.pod_uid, known.pod, known.node) == ("uid", "pod", "node")


def test_on_a_bare_machine_it_claims_to_follow_nobody() -> None:
    assert identity().pod_uid is None
    assert identity().pod == socket.gethostname()


def test_the_first_process_of_a_container_follows_the_one_before_it() -> None:
    first = identity(process_id=1)
    assert first.pod_uid == f"container {socket.gethostname()}"
    assert identity(process_id=1).pod_uid == first.pod_uid
    assert identity(process_id=1, pod_uid="uid").pod_uid == "uid"


@given(task_id=st.uuids())
def test_a_task_has_one_seed_that_a_simulator_takes(task_id: UUID) -> None:
    assert seed_of(task_id) == seed_of(UUID(str(task_id)))
    assert 0 <= seed_of(task_id) < 2**31


@given(bits=st.integers(0, 2**31 - 1))
def test_seeds_come_from_the_random_bits_of_an_id(bits: int) -> None:
    assert seed_of(UUID(int=(0x018F << 112) | bits)) == bits
