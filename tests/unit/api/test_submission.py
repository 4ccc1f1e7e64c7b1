"""Which bodies are submissions, and what is said about the others."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qcexec_api.errors import BodyNotJson, RequestRefused, SubmissionInvalid
from qcexec_api.payload import encode_payload
from qcexec_api.schemas import TaskSubmission, submission_model
from qcexec_api.submission import parse_submission

MODEL = submission_model(100_000)


def parse(body: bytes) -> TaskSubmission:
    return parse_submission(body, MODEL)


def test_shots_have_a_default() -> None:
    assert parse(b'{"qc": "x"}').shots == 1024


def test_the_default_of_shots_keeps_a_lower_limit() -> None:
    assert parse_submission(b'{"qc": "x"}', submission_model(10)).shots == 10


@pytest.mark.parametrize("shots", [1, 100_000])
def test_shots_at_the_limits_are_accepted(shots: int) -> None:
    assert parse(json.dumps({"qc": "x", "shots": shots}).encode()).shots == shots


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"shots": 1}', "qc"),
        ('{"qc": ""}', "qc"),
        ('{"qc": " \\n\\t"}', "qc"),
        ('{"qc": null}', "qc"),
        ('{"qc": 1}', "qc"),
        ('{"qc": ["x"]}', "qc"),
        ('{"qc": "a\\u0000b"}', "qc"),
        ('{"qc": "\\ud800"}', "qc"),
        ('{"qc": "x\\udfff\\ud800"}', "qc"),
        ('{"qc": "x", "shots": 0}', "shots"),
        ('{"qc": "x", "shots": -1}', "shots"),
        ('{"qc": "x", "shots": 100001}', "shots"),
        ('{"qc": "x", "shots": 1' + 4000 * "0" + "}", "shots"),
        ('{"qc": "x", "shots": true}', "shots"),
        ('{"qc": "x", "shots": 1.0}', "shots"),
        ('{"qc": "x", "shots": 1e3}', "shots"),
        ('{"qc": "x", "shots": 1e999}', "shots"),
        ('{"qc": "x", "shots": "1"}', "shots"),
        ('{"qc": "x", "shots": null}', "shots"),
        ('{"qc": "x", "shots": {}}', "shots"),
        ('{"qc": "x", "seed": 1}', "seed"),
        ('{"qc": "x", "Shots": 1}', "Shots"),
        ('{"qc": "x", "qc": "y"}', "qc"),
        ('{"qc": "x", "\\ud800": 1}', "\ud800"),
        ("[]", "body"),
        ('"text"', "body"),
        ("null", "body"),
        ("17", "body"),
    ],
)
def test_a_document_that_is_no_submission_is_refused_with_the_field(body: str, field: str) -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        parse(body.encode())
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"qc=x",
        b'{"qc": "x"',
        b'{"qc": "x"} {}',
        b"{'qc': 'x'}",
        b'{"qc": "x",}',
        b'{"qc": "line\nbreak"}',
        b'{"qc": "x", "shots": NaN}',
        b'{"qc": "x", "shots": -Infinity}',
        b'{"qc": "x", "shots": 1' + 5000 * b"0" + b"}",
        b'\xef\xbb\xbf{"qc": "x"}',
        '{"qc": "x"}'.encode("utf-16"),
        '{"qc": "x"}'.encode("utf-32-le"),
        b'{"qc": "\xff"}',
        b'{"qc": "\xed\xa0\x80"}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"\x00",
    ],
)
def test_what_is_not_json_is_refused_as_such(body: bytes) -> None:
    with pytest.raises(BodyNotJson) as caught:
        parse(body)
    assert str(caught.value).startswith("The body ")


def test_many_unknown_fields_give_a_short_message() -> None:
    body = json.dumps({f"{n}-{'k' * 100}": n for n in range(10_000)}).encode()
    with pytest.raises(SubmissionInvalid) as caught:
        parse(body)
    assert len(str(caught.value)) < 500


def test_a_message_does_not_repeat_the_circuit() -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        parse(b'{"qc": "secret\\u0000", "shots": 0}')
    assert "secret" not in str(caught.value)
    assert "qc: " in str(caught.value)
    assert "shots: " in str(caught.value)


@given(st.binary())
@example(b"\xef\xbb\xbf")
def test_any_bytes_are_a_submission_or_refused(body: bytes) -> None:
    with suppress(RequestRefused):
        parse(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
documents = json_values | st.dictionaries(
    st.sampled_from(["qc", "shots", "QC", "\ud800"]) | st.text(), json_values
)


@given(documents)
def test_any_document_is_a_submission_or_refused(document: object) -> None:
    try:
        submission = parse(json.dumps(document).encode())
    except RequestRefused:
        return
    assert isinstance(document, dict)
    assert submission.qc == document["qc"]
    assert submission.shots == document.get("shots", 1024)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(texts.filter(lambda text: not text.isspace()), st.integers(1, 100_000), st.booleans())
def test_the_payload_says_what_the_body_said_in_no_more_space(
    qc: str, shots: int, escaped: bool
) -> None:
    body = json.dumps({"qc": qc, "shots": shots}, ensure_ascii=escaped).encode()
    payload = encode_payload(parse(body))
    assert json.loads(payload) == {"qc": qc, "shots": shots}
    assert len(payload) <= len(body)
