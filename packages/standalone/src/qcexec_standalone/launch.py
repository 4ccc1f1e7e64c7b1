"""Turns itself into a command that dies with its parent: ``python launch.py OPTIONS -- COMMAND``.

The kernel sends a process the signal it asked for (PR_SET_PDEATHSIG) when the thread that forked
it ends, however that happens: SIGKILL of the parent leaves nothing running behind it. A change of
user clears the request, so the user is changed first, and a parent that died in between is told
by its process id. A program of its own, rather than code between fork and exec of the parent: that
would run in a copy of a process that may have threads. It needs the standard library alone and
starts in isolated mode without site packages, which takes about 15 ms.

On systems other than Linux there is no such signal: the command runs without it.
"""

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def launch_command(
    command: Sequence[str],
    *,
    death_signal: signal.Signals = signal.SIGKILL,
    user: int | None = None,
    group: int | None = None,
) -> list[str]:
    """The argument list that runs `command` bound to the life of the calling thread.

    It must be started from the thread that calls this and that lives as long as the command may
    run: the main thread, as a rule. With `user` and `group` (numeric ids, together) the command
    runs as these, without supplementary groups; only root may ask for that.
    """
    options = [f"--parent={os.getpid()}", f"--signal={int(death_signal)}"]
    if user is not None and group is not None:
        options += [f"--user={user}", f"--group={group}"]
    return [sys.executable, "-I", "-S", __file__, *options, "--", *command]


def main(arguments: Sequence[str]) -> None:
    """Become the command; does not return. Exit code 127 if the command cannot be run."""
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--user", type=int)
    parser.add_argument("--group", type=int)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    if options.user is not None:
        _become(options.user, options.group)
    _die_with_parent(options.parent, options.signal)
    try:
        os.execvp(options.command[0], options.command)  # noqa: S606 (no shell is what is wanted)
    except OSError as error:
        sys.stderr.write(f"{options.command[0]}: {error.strerror}\n")
        sys.exit(127)


def _become(user: int, group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _die_with_parent(parent: int, death_signal: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(f"prctl(PR_SET_PDEATHSIG): {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the parent ended before its child had started")


if __name__ == "__main__":
    main(sys.argv[1:])
