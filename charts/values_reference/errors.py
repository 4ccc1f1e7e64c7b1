"""What can be wrong with a chart's values.

ValuesReferenceError
├── ValuesUnreadable        values.yaml is no mapping, or no YAML
├── ProseMissing            values that no comment describes
├── SchemaLineUnreadable    a `# @schema` comment that is no flow mapping
├── TypeUnknown             a value without a type: null, and no `# @schema` says one
└── MarkersMissing          the README has no place for the table
"""

from collections.abc import Sequence
from typing import ClassVar


class ValuesReferenceError(Exception):
    """The reference of the values cannot be made."""

    code: ClassVar[str] = "values_reference"


class ValuesUnreadable(ValuesReferenceError):
    """values.yaml is no mapping, or no YAML."""

    code: ClassVar[str] = "values_unreadable"


class ProseMissing(ValuesReferenceError):
    """Values that no comment describes."""

    code: ClassVar[str] = "prose_missing"

    def __init__(self, places: Sequence[str]) -> None:
        super().__init__("values without a comment above them:\n  " + "\n  ".join(places))
        self.places = tuple(places)


class SchemaLineUnreadable(ValuesReferenceError):
    """A `# @schema` comment that is no flow mapping."""

    code: ClassVar[str] = "schema_line_unreadable"


class TypeUnknown(ValuesReferenceError):
    """A value without a type: null, and no `# @schema` says one."""

    code: ClassVar[str] = "type_unknown"


class MarkersMissing(ValuesReferenceError):
    """The README has no place for the table, or several."""

    code: ClassVar[str] = "markers_missing"
