"""The JSON schema (draft-07) that helm holds an installation's values against.

A value's default tells its type, its comment the description, its `@schema` the rest. A mapping
takes no other keys than those that are described: so a misspelt value is refused at once. One that
is a value itself takes any: what Kubernetes checks (labels, affinities, resources) is left to it.
"""

from collections.abc import Mapping, Sequence

from charts.values_reference.errors import TypeUnknown
from charts.values_reference.values import Value

_TYPE_NAMES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}

_GLOBAL = {
    "type": "object",
    "description": "What a chart that contains this one shares with all of its charts; not read.",
}


def schema(values: Sequence[Value], title: str) -> dict[str, object]:
    """The schema of a chart with these values.

    `global` is always allowed: helm adds it where the chart is part of another one.
    Raises TypeUnknown.
    """
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **{value.path[-1]: _property(value) for value in values},
            "global": _GLOBAL,
        },
    }


def _property(value: Value) -> dict[str, object]:
    if "$ref" in value.schema:
        return dict(value.schema)  # what stands beside a reference is ignored in draft-07
    described: dict[str, object] = {"description": value.prose} if value.prose else {}
    return described | _inferred(value) | dict(value.schema)


def _inferred(value: Value) -> dict[str, object]:
    """What the default tells."""
    if value.children:
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {child.path[-1]: _property(child) for child in value.children},
        }
    if "type" in value.schema or "enum" in value.schema:
        return {}
    if type(value.default) not in _TYPE_NAMES:
        raise TypeUnknown(
            f"{value.name} is null: which type it has is for a `# @schema` comment to say"
        )
    return {"type": _TYPE_NAMES[type(value.default)]}
