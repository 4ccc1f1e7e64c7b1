"""Submits a Bell circuit to API_BASE_URL and checks its counts: 0 where they are right."""

import json
import os
import sys
import time
import urllib.request
from typing import Any

CIRCUIT = """OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""
SHOTS = 1000
DEADLINE_SECONDS = 240


def main() -> None:
    """Submit, wait, compare. A service that is starting has time to."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    task: dict[str, Any] | None = None
    while True:
        try:
            if task is None:
                task = ask("/tasks", {"qc": CIRCUIT, "shots": SHOTS})
            answer = ask(f"/tasks/{task['task_id']}")
            if answer["status"] != "pending":
                break
        except OSError as error:
            answer = {"error": str(error)}
        if time.monotonic() > deadline:
            sys.exit(f"no result within {DEADLINE_SECONDS} s: {answer}")
        time.sleep(1)
    print(task["task_id"], answer)
    counts = answer.get("result", {})
    if set(counts) != {"00", "11"} or sum(counts.values()) != SHOTS:
        sys.exit("these are not the counts of a Bell state")


def ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The API's answer. Raises OSError where it is none, or an error."""
    request = urllib.request.Request(
        os.environ["API_BASE_URL"] + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        said: dict[str, Any] = json.load(answer)
        return said


if __name__ == "__main__":
    main()
