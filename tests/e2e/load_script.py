"""Submits circuits and reads tasks until it is told to stop: run in a pod, standard library alone.

    python load_script.py URL CLIENTS TASKS SECONDS

CLIENTS threads submit one circuit after the other, each followed by a look at one of its tasks.
Every second client keeps its connection, the others open one for each request. It stops when a file
`stop` is in its working folder, or at TASKS tasks or after SECONDS, and prints one JSON object:

    accepted    the ids of the tasks that were accepted
    requests    how many requests were made
    failed      every request that got no 202 or 200, with what it got
"""

import http.client
import json
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

CIRCUIT = (
    'OPENQASM 3.0; include "stdgates.inc"; qubit[2] q; bit[2] c; '
    "h q[0]; cx q[0], q[1]; c = measure q;"
)
PAUSE_SECONDS = 0.05
TIMEOUT_SECONDS = 30
STOP = Path("stop")


class Client(threading.Thread):
    """One client, which does one thing after the other."""

    def __init__(self, host: str, port: int, *, keeps: bool, tasks: int, end: float) -> None:
        super().__init__()
        self.accepted: list[str] = []
        self.failed: list[dict[str, object]] = []
        self.requests = 0
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        self._keeps = keeps
        self._tasks = tasks
        self._end = end

    def run(self) -> None:
        """Submit and look until told to stop."""
        body = json.dumps({"qc": CIRCUIT, "shots": 8})
        while not STOP.exists() and len(self.accepted) < self._tasks and time.time() < self._end:
            answer = self._request("POST", "/tasks", 202, body)
            if answer is not None:
                self.accepted.append(answer["task_id"])
            if self.accepted:
                self._request("GET", f"/tasks/{self.accepted[len(self.accepted) // 2]}", 200)
            time.sleep(PAUSE_SECONDS)
        self._connection.close()

    def _request(
        self, method: str, path: str, wanted: int, body: str | None = None
    ) -> dict[str, str] | None:
        self.requests += 1
        headers = {} if self._keeps else {"Connection": "close"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._fail(method, path, 0, repr(error), None)
            return None
        if answer.status != wanted:
            self._fail(method, path, answer.status, text, answer.getheader("Retry-After"))
            return None
        document: dict[str, str] = json.loads(text)
        return document

    def _fail(
        self, method: str, path: str, status: int, text: str, retry_after: str | None
    ) -> None:
        self.failed.append(
            {
                "at": time.strftime("%H:%M:%S", time.gmtime()),
                "keeps_connection": self._keeps,
                "request": f"{method} {path}",
                "status": status,
                "text": text[:500],
                "retry_after": retry_after,
            }
        )


def main(url: str, clients: str, tasks: str, seconds: str) -> None:
    """Run the clients and print what they were answered."""
    address = urlsplit(url)
    assert address.hostname is not None
    end = time.time() + float(seconds)
    started = [
        Client(
            address.hostname,
            address.port or 80,
            keeps=number % 2 == 0,
            tasks=int(tasks) // int(clients),
            end=end,
        )
        for number in range(int(clients))
    ]
    for client in started:
        client.start()
    for client in started:
        client.join()
    document = {
        "accepted": [task for client in started for task in client.accepted],
        "failed": [failure for client in started for failure in client.failed],
        "requests": sum(client.requests for client in started),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main(*sys.argv[1:])
