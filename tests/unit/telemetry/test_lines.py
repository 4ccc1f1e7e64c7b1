"""What one record looks like as a line."""

import asyncio
import io
import json
import logging
import uuid
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcexec_telemetry import bind, log_event, log_typed_event
from qcexec_telemetry.lines import JsonLines

LEADING = ["timestamp", "level", "logger", "service", "event"]


class Recorder:
    """A logger of its own, whose lines are kept and read back as JSON."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(JsonLines("tested"))
        # One of its own, so that neither the root's handlers nor another test's see its records.
        self.logger = logging.Logger("a.logger")  # noqa: LOG001 -- not to be shared by name
        self.logger.addHandler(handler)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line, parse_constant=_refuse) for line in self.text().splitlines()]

    def text(self) -> str:
        return self.stream.getvalue()


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_a_line_begins_with_the_five_leading_fields(recorder: Recorder) -> None:
    log_event(recorder.logger, "task_done", task_id=uuid.UUID(int=7), shots=12)
    (line,) = recorder.lines()
    assert list(line)[:5] == LEADING
    assert line["event"] == "task_done"
    assert line["service"] == "tested"
    assert line["level"] == "info"
    assert line["task_id"] == str(uuid.UUID(int=7))
    assert line["shots"] == 12
    moment = datetime.fromisoformat(str(line["timestamp"]))
    assert moment.utcoffset() is not None


def test_an_event_cannot_displace_a_leading_field(recorder: Recorder) -> None:
    log_event(recorder.logger, "real", service="forged", level="forged", timestamp=0)
    (line,) = recorder.lines()
    assert line["service"] == "tested"
    assert line["level"] == "info"
    assert line["timestamp"] != 0


def test_fields_may_be_named_like_attributes_of_a_record(recorder: Recorder) -> None:
    log_event(recorder.logger, "clash", name="n", args=[1], module="m", message="text")
    (line,) = recorder.lines()
    assert (line["name"], line["args"], line["module"], line["message"]) == ("n", [1], "m", "text")


def test_bound_fields_are_in_every_line_of_their_block_only(recorder: Recorder) -> None:
    with bind(request_id="r1"):
        log_event(recorder.logger, "inside")
        with bind(task_id="t1", request_id="r2"):
            recorder.logger.warning("a sentence of %s", "a library")
        log_event(recorder.logger, "inside_again")
    log_event(recorder.logger, "outside")
    inside, deeper, again, outside = recorder.lines()
    assert inside["request_id"] == again["request_id"] == "r1"
    assert "task_id" not in again
    assert (deeper["request_id"], deeper["task_id"]) == ("r2", "t1")
    assert (deeper["event"], deeper["message"]) == ("log", "a sentence of a library")
    assert "request_id" not in outside


async def test_requests_that_run_at_once_do_not_share_their_fields(recorder: Recorder) -> None:
    everyone_is_inside = asyncio.Barrier(3)

    async def serve(request_id: str) -> None:
        with bind(request_id=request_id):
            await everyone_is_inside.wait()
            log_event(recorder.logger, "served", told=request_id)

    await asyncio.gather(*(serve(name) for name in ("a", "b", "c")))
    lines = recorder.lines()
    assert len(lines) == 3
    assert all(line["request_id"] == line["told"] for line in lines)


def test_an_exception_is_one_line_with_its_traceback(recorder: Recorder) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        log_event(recorder.logger, "broken", severity=logging.ERROR, error=error)
    (line,) = recorder.lines()
    assert "ValueError: first\nsecond" in str(line["exc_info"])
    assert line["level"] == "error"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_lacks_does_not_spoil_the_line(recorder: Recorder, value: float) -> None:
    log_event(recorder.logger, "odd", value=value)
    (line,) = recorder.lines()
    assert line["value"] == str(value)


def test_an_extra_of_a_library_is_kept_and_its_colours_are_not(recorder: Recorder) -> None:
    recorder.logger.info("plain", extra={"color_message": "\x1b[1m", "peer": "somebody"})
    (line,) = recorder.lines()
    assert line["peer"] == "somebody"
    assert "color_message" not in line


def test_an_event_below_the_threshold_is_not_written(recorder: Recorder) -> None:
    recorder.logger.setLevel(logging.INFO)
    log_event(recorder.logger, "detail", severity=logging.DEBUG)
    assert recorder.text() == ""


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.floats() | st.none()))
def test_any_field_gives_one_line_of_valid_ascii_json(fields: dict[str, object]) -> None:
    recorder = Recorder()
    reserved = {"severity", "error"}
    told: dict[str, Any] = {key: value for key, value in fields.items() if key not in reserved}
    log_event(recorder.logger, "any", **told)
    (line,) = recorder.lines()
    assert recorder.text().isascii()
    assert recorder.text().count("\n") == 1
    assert set(told) <= set(line)


def test_a_lone_surrogate_can_be_logged(recorder: Recorder) -> None:
    log_event(recorder.logger, "odd", text="\ud800")
    assert recorder.lines()[0]["text"] == "\ud800"


def test_no_warning_is_raised_by_formatting() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        log_event(Recorder().logger, "quiet", value=1)


@dataclass(frozen=True, slots=True)
class LeasesWentBack:
    severity: ClassVar[int] = logging.WARNING

    returned: int
    name: str


def test_a_typed_event_is_named_after_its_class(recorder: Recorder) -> None:
    log_typed_event(recorder.logger, LeasesWentBack(3, "n"))
    (line,) = recorder.lines()
    assert (line["event"], line["level"]) == ("leases_went_back", "warning")
    assert (line["returned"], line["name"]) == (3, "n")
