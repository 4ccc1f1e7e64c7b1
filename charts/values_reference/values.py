"""values.yaml as a tree: each value with its default and the comment directly above it.

Comments are read by line, not from the parser: YAML knows no comments, and parsers that keep them
hang each onto the token before it. The parser says on which line a key stands; the block of comment
lines that ends on the line above, at the key's own depth, describes it:

    # How many tasks a worker takes at once.
    # @schema {minimum: 1}
    slots: 2

`@schema` adds to what the default tells of the type. A comment line `# @section TITLE` begins a
section, wherever it stands; it describes no value.

A mapping is one value when it is described and its keys are not, when it is empty, or when its
`@schema` lets it have further keys or refers to another place. Else its keys are values, each with
a comment of its own, and the mapping may do without one.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from charts.values_reference.errors import ProseMissing, SchemaLineUnreadable, ValuesUnreadable
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

_COMMENT = re.compile(r"^(?P<depth> *)#(?P<text>.*)$")
_SECTION = re.compile(r"^\s*# @section (?P<title>.+)$")
_SCHEMA = "@schema "


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a chart.

    path         the keys that lead to it
    prose        what it is; paragraphs are separated by an empty line. Empty for some mappings
    default      plain lists, mappings and scalars
    section      the title of its section, empty before the first one
    schema       what its `@schema` comment says
    children     the values inside it; none where it is one value, a mapping or not
    """

    path: tuple[str, ...]
    prose: str
    default: object
    section: str
    schema: Mapping[str, object]
    children: tuple["Value", ...]

    @property
    def name(self) -> str:
        """The path as `--set` wants it, as long as no key has a dot."""
        return ".".join(self.path)


def parse(text: str) -> tuple[Value, ...]:
    """The values of a values.yaml, in its order.

    Raises ValuesUnreadable, SchemaLineUnreadable, and ProseMissing with all of the values that
    have no prose.
    """
    try:
        document = YAML().load(text)
    except YAMLError as error:
        raise ValuesUnreadable(f"no YAML: {error}") from error
    if not isinstance(document, CommentedMap):
        raise ValuesUnreadable("the values have to be a mapping")
    lines = text.splitlines()
    values = tuple(_values(document, (), lines))
    silent = [value for value in descendants(values) if not value.prose and not value.children]
    if silent:
        raise ProseMissing([f"{value.name} = {value.default!r}" for value in silent])
    return values


def descendants(values: Sequence[Value]) -> Iterator[Value]:
    """`values` and all that is inside them, each before what it holds."""
    for value in values:
        yield value
        yield from descendants(value.children)


def _values(mapping: CommentedMap, above: tuple[str, ...], lines: Sequence[str]) -> Iterator[Value]:
    for key, content in mapping.items():
        line, depth = mapping.lc.key(key)
        path = (*above, str(key))
        prose, schema = _read_comment(_comment(lines, line, depth), ".".join(path))
        apart = isinstance(content, CommentedMap) and not _open(schema)
        children = tuple(_values(content, path, lines)) if apart else ()
        is_one = bool(prose) and not any(child.prose for child in descendants(children))
        yield Value(
            path=path,
            prose=prose,
            default=_plain(content),
            section=_section(lines, line),
            schema=schema,
            children=() if is_one else children,
        )


def _comment(lines: Sequence[str], line: int, depth: int) -> list[str]:
    """The comment lines directly above `line`, without their marks, from the first to the last."""
    found: list[str] = []
    for above in reversed(lines[:line]):
        match = _COMMENT.match(above)
        if not match or len(match["depth"]) != depth or _SECTION.match(above):
            break
        found.insert(0, match["text"].strip())
    return found


def _read_comment(comment: Sequence[str], name: str) -> tuple[str, Mapping[str, object]]:
    """The prose and the schema that a comment holds."""
    prose = list(comment)
    schema: Mapping[str, object] = {}
    if prose and prose[-1].startswith(_SCHEMA):
        last = prose.pop()
        try:
            loaded = YAML(typ="safe").load(last.removeprefix(_SCHEMA))
        except YAMLError as error:
            raise SchemaLineUnreadable(f"{name}: {last}: {error}") from error
        if not isinstance(loaded, dict):
            raise SchemaLineUnreadable(f"{name}: {last}: has to be a mapping, as in {{minimum: 1}}")
        schema = loaded
    misplaced = [line for line in prose if line.startswith("@")]
    if misplaced:
        raise SchemaLineUnreadable(f"{name}: not the last line of its comment: {misplaced[0]}")
    groups = itertools.groupby(prose, key=bool)
    return "\n\n".join(" ".join(lines) for has_text, lines in groups if has_text), schema


def _section(lines: Sequence[str], line: int) -> str:
    titles = [match["title"].strip() for above in lines[:line] if (match := _SECTION.match(above))]
    return titles[-1] if titles else ""


def _open(schema: Mapping[str, object]) -> bool:
    return "$ref" in schema or schema.get("additionalProperties", False) is not False


def _plain(content: object) -> object:
    """`content` without what the parser keeps beside it."""
    match content:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in content.items()}
        case str():
            return str(content)
        case Sequence():
            return [_plain(inner) for inner in content]
        case bool() | None:
            return content
        case int():
            return int(content)
        case float():
            return float(content)
        case _:
            raise ValuesUnreadable(f"{content!r}: neither text nor a number, list or mapping")
