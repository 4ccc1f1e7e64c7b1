"""What can go wrong in the operator.

OperatorError
├── InvalidPolicy       a policy that contradicts itself
├── InvalidResource     an object of the cluster that lacks what it must have
└── ClusterError        what the cluster's API answered, or did not
    ├── ApiUnavailable  no answer, or a refusal that has nothing to do with the object
    ├── ObjectMissing   there is no such object
    └── WriteConflict   the object has changed since it was read
"""

from __future__ import annotations

from typing import ClassVar


class OperatorError(Exception):
    """The base of the package's errors."""

    code: ClassVar[str] = "operator_error"


class InvalidPolicy(OperatorError):
    """A policy contradicts itself, or a figure of it is out of range."""

    code = "invalid_policy"


class InvalidResource(OperatorError):
    """An object of the cluster lacks what it must have; the message says which and what."""

    code = "invalid_resource"


class ClusterError(OperatorError):
    """The cluster's API did not do what it was asked for."""

    code = "cluster_error"


class ApiUnavailable(ClusterError):
    """The API server did not answer, or refused for reasons of its own."""

    code = "api_unavailable"


class ObjectMissing(ClusterError):
    """There is no such object."""

    code = "object_missing"


class WriteConflict(ClusterError):
    """The object has changed since it was read: somebody else writes it, too."""

    code = "write_conflict"
