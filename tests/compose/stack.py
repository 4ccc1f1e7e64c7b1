"""The stack of compose.yaml, as a user starts it: a copy of .env.example, and one command.

Project, port, images and volumes are its own: it meets no other stack on the machine.
"""

import json
import os
from pathlib import Path
from typing import Any

import httpx2

from support.programs import run
from support.waiting import wait_until_blocking

ROOT = Path(__file__).parents[2]

_PROJECT = "qcexec-test-compose"
_IMAGE_TAG = "test-compose"
_UP_SECONDS = 1200.0
_READY_SECONDS = 180.0
_RESULT_SECONDS = 180.0
_OWN_VARIABLES = ("QCEXEC_", "POSTGRES_", "WORKER_", "COMPOSE_")


class Stack:
    """One project of docker compose, published on `port`."""

    def __init__(self, env_file: Path, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self._command = (
            *("docker", "compose", "--project-name", _PROJECT),
            *("--file", str(ROOT / "compose.yaml"), "--env-file", str(env_file)),
        )
        # Variables of the caller would win over the file.
        self._environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(_OWN_VARIABLES)
            },
            "QCEXEC_PORT": str(port),
            "IMAGE_TAG": _IMAGE_TAG,
            # Some machines reach package registries from their own network alone.
            "BUILD_NETWORK": "host",
        }

    def compose(self, *arguments: str, text: str | None = None, deadline: float = 120.0) -> str:
        """Run `docker compose` with `arguments` and give what it writes to stdout."""
        return run(
            *self._command,
            *arguments,
            environment=self._environment,
            text=text,
            deadline=deadline,
        )

    def up(self) -> None:
        """Build the images and start everything; the API answers then."""
        try:
            self.compose("up", "--build", "--detach", deadline=_UP_SECONDS)
            self.wait_ready()
        except AssertionError:
            print(self.logs())
            raise

    def down(self) -> None:
        """Remove containers, networks, volumes and images, those of an earlier run as well.

        What was built stays in docker's build cache.
        """
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
        for image in run("docker", "image", "ls", "--quiet", f"qcexec-*:{_IMAGE_TAG}").split():
            run("docker", "image", "rm", "--force", image)

    def config(self, **variables: str) -> dict[str, Any]:
        """The whole configuration, as it is with `variables` in the environment."""
        environment = {**self._environment, **variables}
        text = run(*self._command, "config", "--format", "json", environment=environment)
        document: dict[str, Any] = json.loads(text)
        return document

    def logs(self, lines: int = 100) -> str:
        """The last lines of every service."""
        return self.compose("logs", "--no-color", "--tail", str(lines))

    def execute(self, service: str, *command: str, text: str | None = None) -> str:
        """Run `command` in the container of `service`, as its user and in its environment."""
        return self.compose("exec", "--no-TTY", service, *command, text=text)

    def query(self, sql: str, **variables: str) -> list[str]:
        """The rows of a query, as the superuser: columns with | between them.

        `:'name'` in it stands for the quoted value of that variable.
        """
        psql = ("psql", "--username=postgres", "--dbname=qcexec", "--no-psqlrc", "--quiet")
        options = ("--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
        values = [f"--set={name}={value}" for name, value in variables.items()]
        return self.execute("db", *psql, *options, *values, text=sql).splitlines()

    def inspect(self, service: str) -> dict[str, Any]:
        """What docker says of the container of `service`, running or not."""
        container = self.compose("ps", "--all", "--quiet", service)
        document: dict[str, Any] = json.loads(run("docker", "inspect", container))[0]
        return document

    def image(self, service: str) -> dict[str, Any]:
        """What docker says of the image of `service`."""
        name = self.inspect(service)["Config"]["Image"]
        document: dict[str, Any] = json.loads(run("docker", "image", "inspect", name))[0]
        return document

    def wait_ready(self) -> None:
        """Wait until the API is ready and sees the database."""

        def ready() -> bool:
            try:
                answer = httpx2.get(f"{self.base_url}/readyz", timeout=5)
            except httpx2.TransportError:
                return False
            return answer.status_code == 200 and answer.json()["database"] == "reachable"

        wait_until_blocking(ready, _READY_SECONDS, what="the API is ready")

    def submit(self, circuit: str, shots: int = 1024) -> str:
        """Submit `circuit` and give the path of its task."""
        answer = httpx2.post(
            f"{self.base_url}/tasks", json={"qc": circuit, "shots": shots}, timeout=30
        )
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    def look_up(self, path: str) -> dict[str, Any]:
        """What the API says of a task."""
        answer = httpx2.get(f"{self.base_url}{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def result(self, path: str) -> dict[str, Any]:
        """What the API says of a task once it has ended."""

        def ended() -> dict[str, Any] | None:
            document = self.look_up(path)
            return None if document["status"] == "pending" else document

        document = wait_until_blocking(ended, _RESULT_SECONDS, what=f"{path} ends")
        assert document is not None
        return document
