"""From syntax to a program: names resolved, constants computed, gates and loops written out."""

from qcexec_engine.elaboration.elaborator import elaborate
from qcexec_engine.elaboration.reading import read

__all__ = ["elaborate", "read"]
