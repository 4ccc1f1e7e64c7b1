"""What can go wrong in the operator.

OperatorError
└── InvalidPolicy    a policy that contradicts itself
"""

from __future__ import annotations

from typing import ClassVar


class OperatorError(Exception):
    """The base of the package's errors."""

    code: ClassVar[str] = "operator_error"


class InvalidPolicy(OperatorError):
    """A policy contradicts itself, or a figure of it is out of range."""

    code = "invalid_policy"
