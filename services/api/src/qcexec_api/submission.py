"""From the bytes of a body to a validated submission.

The standard library reads the JSON, because it shows what a faster reader
hides: keys that occur twice, and the constants that JSON does not have. A lone
surrogate gets through it and is refused by the model, under its field's name.
"""

import json
from typing import NoReturn, TypeVar

from pydantic import ValidationError

from qcexec_api.errors import BodyNotJson, SubmissionInvalid
from qcexec_api.schemas import TaskSubmission

_MOST_ERRORS_TOLD = 5
_LONGEST_NAME = 40

_Submission = TypeVar("_Submission", bound=TaskSubmission)


def parse_submission(body: bytes, model: type[_Submission]) -> _Submission:
    """The submission in `body`. Raises BodyNotJson or SubmissionInvalid, with the reason."""
    document = _read_json(body)
    if not isinstance(document, dict):
        raise SubmissionInvalid("body: Input should be a JSON object")
    _refuse_unknown(document, model)
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise SubmissionInvalid(_describe(error)) from None


def _read_json(body: bytes) -> object:
    if not body:
        raise BodyNotJson("The body is empty; it should be a JSON object.")
    try:
        return _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"The body is not valid UTF-8: {error.reason} at byte {error.start}."
        raise BodyNotJson(message) from None
    except RecursionError:
        raise BodyNotJson("The body is nested too deeply.") from None
    except ValueError as error:
        # JSONDecodeError, the constants refused below, and integers of more digits
        # than Python converts.
        raise BodyNotJson(f"The body is not valid JSON: {error}.") from None


def _refuse_unknown(document: dict[str, object], model: type[TaskSubmission]) -> None:
    # Before the model does: it would describe each of a hundred thousand unknown keys.
    unknown = [key for key in document if key not in model.model_fields]
    if unknown:
        told = [f"{_shorten(key)}: Unknown field" for key in unknown[:_MOST_ERRORS_TOLD]]
        raise SubmissionInvalid("; ".join(told))


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc'])}: {_without_prefix(each['msg'])}"
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    )


def _without_prefix(message: str) -> str:
    return message.removeprefix("Value error, ")


def _shorten(key: str) -> str:
    return key if len(key) <= _LONGEST_NAME else key[:_LONGEST_NAME] + "..."


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise SubmissionInvalid(f"{_shorten(key)}: Field occurs more than once")
            seen.add(key)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
