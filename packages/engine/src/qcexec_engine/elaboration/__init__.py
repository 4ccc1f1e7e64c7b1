"""From syntax to a program: names resolved, constants computed, gates and loops written out."""

from qcexec_engine.elaboration.elaborator import elaborate

__all__ = ["elaborate"]
