"""Submits a circuit and prints its counts: ``python3 k8s/submit_circuit.py URL FILE [SHOTS]``.

Needs nothing but Python. Exits with 1 where the circuit fails, the service does not answer, or
the result is not there within two minutes.
"""

import json
import sys
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

_SECONDS = 120.0
_PAUSE_SECONDS = 0.2


def main(arguments: list[str]) -> int:
    """The command."""
    if len(arguments) not in (2, 3):
        sys.stderr.write(f"{__doc__}")
        return 2
    base_url, file, *shots = arguments
    circuit: dict[str, object] = {"qc": Path(file).read_text(encoding="utf-8")}
    if shots:
        circuit["shots"] = int(shots[0])
    try:
        accepted = _request(f"{base_url}/tasks", circuit)
        sys.stdout.write(f"task {accepted['task_id']}\n")
        answer = _result(f"{base_url}/tasks/{accepted['task_id']}")
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"{base_url}: {error}\n")
        return 1
    sys.stdout.write(f"{json.dumps(answer, indent=2)}\n")
    return 0 if answer["status"] == "completed" else 1


def _result(url: str) -> dict[str, object]:
    end = time.monotonic() + _SECONDS
    while (answer := _request(url))["status"] == "pending":
        if time.monotonic() > end:
            raise TimeoutError(f"no result within {_SECONDS:g} s")
        time.sleep(_PAUSE_SECONDS)
    return answer


def _request(url: str, document: object = None) -> dict[str, object]:
    """Give the JSON that is answered. Raises OSError, an HTTP error among them."""
    request = urllib.request.Request(  # noqa: S310 - the URL is the user's own
        url,
        data=None if document is None else json.dumps(document).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - as above
        answer: dict[str, object] = json.load(response)
    return answer


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
