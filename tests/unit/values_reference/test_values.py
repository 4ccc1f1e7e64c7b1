"""What is read from a values.yaml."""

from textwrap import dedent

import pytest
from charts.values_reference.errors import ProseMissing, SchemaLineUnreadable, ValuesUnreadable
from charts.values_reference.values import Value, descendants, parse

VALUES = dedent(
    """\
    # The file itself, which is no value's comment.

    # @section Workload
    # How many.
    # @schema {minimum: 1}
    replicas: 2

    image:
      # Where it comes from,
      # and from where else.
      #
      # A second paragraph.
      registry: ""

    # What a pod gets.
    resources:
      requests: {cpu: 100m}

    # @section Access

    # Who may come in.
    from:
      - podSelector: {}

    # One for each name.
    # @schema {additionalProperties: {$ref: "#/properties/image"}}
    pools:
      default:
        registry: other
    """
)


def by_name(text: str) -> dict[str, Value]:
    return {value.name: value for value in descendants(parse(text))}


def test_each_value_is_found_in_order_and_a_described_mapping_is_one() -> None:
    assert list(by_name(VALUES)) == [
        "replicas",
        "image",
        "image.registry",
        "resources",
        "from",
        "pools",
    ]


def test_prose_is_the_comment_directly_above_without_section_and_schema() -> None:
    values = by_name(VALUES)
    assert values["replicas"].prose == "How many."
    assert values["image"].prose == ""
    assert values["from"].prose == "Who may come in."


def test_lines_of_prose_are_joined_and_paragraphs_are_kept() -> None:
    prose = by_name(VALUES)["image.registry"].prose
    assert prose == "Where it comes from, and from where else.\n\nA second paragraph."


def test_the_schema_line_is_read_as_a_mapping() -> None:
    assert by_name(VALUES)["replicas"].schema == {"minimum": 1}


def test_a_section_holds_until_the_next() -> None:
    values = by_name(VALUES)
    assert values["image.registry"].section == "Workload"
    assert values["from"].section == "Access"


def test_defaults_are_plain() -> None:
    values = by_name(VALUES)
    assert values["resources"].default == {"requests": {"cpu": "100m"}}
    assert type(values["resources"].default) is dict
    assert values["from"].default == [{"podSelector": {}}]


def test_the_keys_of_an_open_mapping_need_no_prose() -> None:
    assert by_name(VALUES)["pools"].children == ()


def test_all_values_without_prose_are_named_at_once() -> None:
    with pytest.raises(ProseMissing) as raised:
        parse("# One.\na: 1\nb: 2\nc:\n  # Deep.\n  d: 3\n  e: 4\n")
    assert raised.value.places == ("b = 2", "c.e = 4")


def test_a_schema_line_alone_is_no_prose() -> None:
    with pytest.raises(ProseMissing):
        parse("# @schema {minimum: 1}\na: 1\n")


def test_a_comment_at_another_depth_or_beyond_an_empty_line_is_not_the_values() -> None:
    with pytest.raises(ProseMissing) as raised:
        parse("a:\n# Too far left.\n  b: 1\n  # Apart.\n\n  c: 2\n")
    assert raised.value.places == ("a.b = 1", "a.c = 2")


@pytest.mark.parametrize(
    "comment",
    [
        "# One.\n# @schema {minimum: 1\n",
        "# One.\n# @schema [1]\n",
        "# One.\n# @schema {minimum: 1}\n# More.\n",
        "# One.\n# @shcema {minimum: 1}\n",
    ],
)
def test_a_schema_line_that_is_none_is_an_error(comment: str) -> None:
    with pytest.raises(SchemaLineUnreadable):
        parse(f"{comment}a: 1\n")


@pytest.mark.parametrize("text", ["", "- 1\n", "a: [\n", "# One.\na: 2026-01-01\n"])
def test_values_that_are_no_mapping_of_plain_values_are_an_error(text: str) -> None:
    with pytest.raises(ValuesUnreadable):
        parse(text)
