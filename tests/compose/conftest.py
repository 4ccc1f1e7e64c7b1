"""The stack in containers: started once for all tests here, each of which leaves it running."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.docker import ready_docker
from compose.stack import ROOT, Stack
from qcexec_standalone.ports import free_port


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("compose")
    env_file = folder / ".env"
    shutil.copyfile(ROOT / ".env.example", env_file)
    with ready_docker():
        stack = Stack(env_file, free_port())
        stack.down()
        try:
            stack.up()
            yield stack
        finally:
            stack.down()


@pytest.fixture
def stack(running_stack: Stack) -> Iterator[Stack]:
    yield running_stack
    print(running_stack.logs())
