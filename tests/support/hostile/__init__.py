"""Texts that are out to harm whoever reads or runs them, with the endings that they may have.

Each is made when it is asked for, since many are megabytes. What an ending is called: the code of
an error, or "completed" or "does_not_fit". None may end as `internal_error`, and none may take
more than seconds or more memory than a run has.
"""

from support.hostile.arithmetic import ARITHMETIC
from support.hostile.case import Hostile
from support.hostile.characters import CHARACTERS
from support.hostile.names import NAMES
from support.hostile.sizes import SIZES
from support.hostile.structure import STRUCTURE

CORPUS = (*CHARACTERS, *NAMES, *STRUCTURE, *ARITHMETIC, *SIZES)

__all__ = ["CORPUS", "Hostile"]
