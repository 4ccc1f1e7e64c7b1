"""Which values the schema takes and refuses."""

from textwrap import dedent

import jsonschema
import pytest
from charts.values_reference.errors import TypeUnknown
from charts.values_reference.schema import schema
from charts.values_reference.values import parse

VALUES = dedent(
    """\
    # A count.
    # @schema {minimum: 1}
    replicas: 2
    # A share.
    share: 0.5
    # A switch.
    enabled: false
    # A name.
    name: ""
    # Further labels.
    labels: {}
    # What a pod gets.
    resources: {requests: {cpu: 100m}}
    # Further rules.
    rules: []
    # A limit, or none.
    # @schema {type: [integer, "null"]}
    limit: null
    # How much is said.
    # @schema {enum: [INFO, DEBUG]}
    level: INFO
    service:
      # Its port.
      port: 80
    # One for each name.
    # @schema {additionalProperties: {$ref: "#/properties/service"}}
    services:
      first: {}
    """
)


def accepts(values: dict[str, object]) -> bool:
    made = schema(parse(VALUES), "Values")
    jsonschema.Draft7Validator.check_schema(made)
    return bool(jsonschema.Draft7Validator(made).is_valid(values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"replicas": 3, "share": 1, "enabled": True, "name": "x"},
        {"labels": {"any": "thing"}},
        {"resources": {"limits": {"memory": "1Gi"}}},
        {"rules": [{"any": "thing"}]},
        {"limit": None},
        {"limit": 4},
        {"level": "DEBUG"},
        {"service": {"port": 8000}},
        {"services": {"second": {"port": 8000}}},
        {"global": {"any": "thing"}},
    ],
)
def test_what_the_values_allow_is_taken(values: dict[str, object]) -> None:
    assert accepts(values)


@pytest.mark.parametrize(
    "values",
    [
        {"replica": 3},
        {"replicas": "3"},
        {"replicas": 0},
        {"replicas": None},
        {"enabled": "yes"},
        {"name": 1},
        {"labels": []},
        {"rules": {}},
        {"limit": "4"},
        {"level": "LOUD"},
        {"service": {"prot": 8000}},
        {"service": 8000},
        {"services": {"second": {"prot": 8000}}},
    ],
)
def test_what_they_do_not_allow_is_refused(values: dict[str, object]) -> None:
    assert not accepts(values)


def test_the_prose_is_the_description() -> None:
    properties = schema(parse(VALUES), "Values")["properties"]
    assert isinstance(properties, dict)
    assert properties["replicas"]["description"] == "A count."
    assert "description" not in properties["service"]


def test_a_null_without_a_type_is_an_error() -> None:
    with pytest.raises(TypeUnknown, match="limit is null"):
        schema(parse("# A limit.\nlimit: null\n"), "Values")
