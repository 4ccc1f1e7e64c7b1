"""The service as its clients see it: by HTTP, through the Ingress."""

from typing import Any
from uuid import UUID

import httpx2

from support.circuits import BELL
from support.waiting import wait_until_blocking

_RESULT_SECONDS = 180.0
_READY_SECONDS = 120.0


class Service:
    """The API behind the Ingress at `address`; `host` is the name that it is asked by."""

    def __init__(self, address: str, host: str | None = None) -> None:
        self.base_url = f"http://{address}"
        headers = {} if host is None else {"host": host}
        # Directly: a proxy that the environment names knows nothing of the cluster.
        self._client = httpx2.Client(
            base_url=self.base_url, headers=headers, timeout=30, trust_env=False
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def get(self, path: str) -> httpx2.Response:
        """Whatever is answered."""
        return self._client.get(path)

    def post(self, circuit: str = BELL, shots: int = 1000) -> httpx2.Response:
        """Submit a circuit; whatever is answered."""
        return self._client.post("/tasks", json={"qc": circuit, "shots": shots})

    def submit(self, circuit: str = BELL, shots: int = 1000) -> UUID:
        """Submit a circuit, and give the id of its task."""
        answer = self.post(circuit, shots)
        assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
        return UUID(answer.json()["task_id"])

    def submit_when_possible(self) -> UUID:
        """As `submit`, again and again where the answer is to come again later."""

        def accepted() -> UUID | None:
            answer = self.post()
            if answer.status_code == 503 and "retry-after" in answer.headers:
                return None
            assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
            return UUID(answer.json()["task_id"])

        task_id = wait_until_blocking(
            accepted, _READY_SECONDS, what="a task is accepted", pause=0.5
        )
        assert task_id is not None
        return task_id

    def look_up(self, task_id: UUID) -> dict[str, Any]:
        """What is said of a task."""
        answer = self.get(f"/tasks/{task_id}")
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
        document: dict[str, Any] = answer.json()
        return document

    def result(self, task_id: UUID) -> dict[str, Any]:
        """What is said of a task once it has ended."""

        def ended() -> dict[str, Any] | None:
            document = self.look_up(task_id)
            return None if document["status"] == "pending" else document

        document = wait_until_blocking(ended, _RESULT_SECONDS, what=f"{task_id} ends", pause=0.1)
        assert document is not None
        return document

    def wait_ready(self) -> None:
        """Wait until a pod is reached that reaches the database."""

        def ready() -> bool:
            answer = self.get("/readyz")
            return answer.status_code == 200 and answer.json()["database"] == "reachable"

        wait_until_blocking(ready, _READY_SECONDS, what="the API is ready", pause=0.1)
