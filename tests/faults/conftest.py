"""Fixtures of the slots' tests."""

from support.slots import neighbour, slot, spawner

__all__ = ["neighbour", "slot", "spawner"]
