"""How many slots a worker has, and how much memory each: pure arithmetic with its reasons.

All budgets, the children's own cost, the worker, the forkserver and a reserve of 15% stay
within the container's memory. With cgroup version 2 Kubernetes ends the whole container for
one process over the limit, so the limit must never be what stops a circuit.
"""

from dataclasses import dataclass
from typing import Final

from qcexec_worker.errors import DoesNotFitMachine

MEBIBYTE: Final = 1024 * 1024

RESERVE_PERCENT: Final = 15
"""Share of the memory that is planned for nothing: page cache, buffers, what was misjudged."""

LEAST_BUDGET_BYTES: Final = 32 * MEBIBYTE
"""Below this no circuit of any use runs: an error at the start tells more than failed tasks."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the processes take before any circuit, in bytes of resident memory.

    `child` is what one child has for itself beyond its budget: pages that it no longer shares
    with the forkserver.
    """

    parent: int
    forkserver: int
    child: int


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """How many slots, the budget of each in bytes, and why, in words for the log."""

    slots: int
    slot_bytes: int
    reasons: tuple[str, ...]


def plan_slots(
    *, cpus: int, memory_bytes: int, costs: Costs, least_slot_bytes: int, override: int | None
) -> SlotPlan:
    """Divide CPUs and memory into slots: one for each CPU as far as the memory goes.

    `override` sets the number whatever CPUs and memory say. Budgets are whole mebibytes.
    Raises DoesNotFitMachine when a slot would get less than LEAST_BUDGET_BYTES.
    """
    reserve = -(-memory_bytes * RESERVE_PERCENT // 100)
    available = memory_bytes - reserve - costs.parent - costs.forkserver
    by_memory = max(0, available) // (least_slot_bytes + costs.child)
    slots = override if override is not None else max(1, min(cpus, by_memory))
    budget = (available // slots - costs.child) // MEBIBYTE * MEBIBYTE
    if budget < LEAST_BUDGET_BYTES:
        raise DoesNotFitMachine(
            f"{_mebibytes(memory_bytes)} of memory, less {_mebibytes(reserve)} in reserve, "
            f"{_mebibytes(costs.parent)} for the worker, {_mebibytes(costs.forkserver)} for the "
            f"forkserver and {_mebibytes(costs.child)} a child, leave {_mebibytes(budget)} for "
            f"each of {slots} slots; {_mebibytes(LEAST_BUDGET_BYTES)} are the least"
        )
    return SlotPlan(
        slots, budget, _reasons(cpus, by_memory, override, slots, budget, least_slot_bytes)
    )


def lendable_cpus(cpus: int, *, override: int | None) -> int:
    """How many CPUs slots may use altogether, by lending idle ones to each other.

    Where the number of slots is set, it says what the worker is meant to use: a container with a
    request and no limit sees all CPUs of its node.
    """
    return cpus if override is None else min(cpus, override)


def _reasons(
    cpus: int, by_memory: int, override: int | None, slots: int, budget: int, least: int
) -> tuple[str, ...]:
    if override is not None:
        number = f"{slots} slots are set; CPUs would allow {cpus}, memory {by_memory}"
    elif by_memory < 1:
        number = "one slot is the least there can be"
    elif by_memory < cpus:
        number = f"memory holds {by_memory} slots, fewer than the {cpus} usable CPUs"
    else:
        number = f"one slot for each of {cpus} usable CPUs"
    share = f"{_mebibytes(budget)} for the circuit of each"
    if budget < least:
        share += f", below the wanted {_mebibytes(least)}"
    return number, share


def _mebibytes(size: int) -> str:
    return f"{size // MEBIBYTE} MiB"
