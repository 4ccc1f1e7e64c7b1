"""The command line: ``python -m qcexec_standalone up`` and ``python -m qcexec_standalone demo``.

Exit code 0 when all went well, Ctrl-C of `up` included; 1 when something did not start or a
circuit of the demonstration ended otherwise than it should, 2 for a wrong option, 130 for a
demonstration that was interrupted.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from qcexec_standalone.demo import read_circuits, run_demo
from qcexec_standalone.environment import listening_address, read_environment
from qcexec_standalone.errors import DemoFailed, StandaloneError
from qcexec_standalone.ports import LOOPBACK, free_port
from qcexec_standalone.stack import Stack, StackOptions

_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one command; gives the exit code."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        if options.command == "demo":
            return asyncio.run(_demo(options.circuits, console))
        return asyncio.run(_up(options, console))
    except StandaloneError as error:
        _complain(f"[red]{escape(str(error))}[/red]")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qcexec_standalone", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="run PostgreSQL, API and worker until Ctrl-C")
    up.add_argument("--data", type=Path, default=Path(".data"), help="folder that keeps the data")
    up.add_argument("--host", help="address to listen on (default QCEXEC_HOST, else 127.0.0.1)")
    up.add_argument("--port", type=int, help="port of the API (default QCEXEC_PORT, else 8000)")
    up.add_argument(
        "--metrics-port",
        type=_metrics_port,
        default=0,
        metavar="PORT",
        help="port of the API's metrics; the worker's are on the next (default: none are served)",
    )
    demo = commands.add_parser("demo", help="run circuits on a stack that leaves nothing behind")
    demo.add_argument("circuits", type=Path, help="folder with .qasm files")
    return parser


def _metrics_port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65535:
        raise ValueError
    return port


async def _up(options: argparse.Namespace, console: Console) -> int:
    environment = read_environment(os.environ, Path(".env"))
    host, port = listening_address(environment, host=options.host, port=options.port)
    tell = _teller(console)
    metrics: int = options.metrics_port
    stack = Stack(
        StackOptions(options.data.absolute(), host, port, environment, metrics_port=metrics), tell
    )

    async def run() -> None:
        async with stack:
            tell(f"API         {stack.url} (described at {stack.url}/docs)")
            if metrics:
                tell(f"metrics     http://{LOOPBACK}:{metrics} (API), :{metrics + 1} (worker)")
            tell(f"PostgreSQL  psql '{stack.database_url}'")
            tell(f"logs        {stack.logs}")
            tell("Ctrl-C ends all of it.")
            await stack.watch()

    await _until_interrupted(run(), stack.hurry)
    tell("ended")
    return 0


async def _demo(folder: Path, console: Console) -> int:
    circuits = read_circuits(folder)
    environment = read_environment(os.environ, Path(".env"))
    with tempfile.TemporaryDirectory(prefix="qcexec-") as data:
        options = StackOptions(Path(data), LOOPBACK, free_port(), environment, durable=False)
        stack = Stack(options, _teller(console))

        async def run() -> None:
            try:
                async with stack, asyncio.TaskGroup() as group:
                    watch = group.create_task(stack.watch())
                    await run_demo(stack.url, circuits, console)
                    watch.cancel()
            except* DemoFailed as errors:
                # The logs go with the folder.
                Console(stderr=True).print(
                    escape(stack.log_tails()), highlight=False, soft_wrap=True
                )
                raise errors.exceptions[0] from None

        return 0 if await _until_interrupted(run(), stack.hurry) else _INTERRUPTED


async def _until_interrupted(work: Coroutine[Any, Any, None], hurry: Callable[[], None]) -> bool:
    """Run `work`; False if SIGINT or SIGTERM cancelled it. Further signals `hurry` its end."""
    task = asyncio.ensure_future(work)
    signals = 0

    def interrupt() -> None:
        nonlocal signals
        signals += 1
        if signals == 1:
            task.cancel()
        else:
            hurry()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


def _complain(markup: str) -> None:
    Console(stderr=True).print(markup, highlight=False, soft_wrap=True)


def _teller(console: Console) -> Callable[[str], None]:
    def tell(line: str) -> None:
        console.print(escape(line), highlight=False, soft_wrap=True)

    return tell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
