"""Child processes that cannot outlive this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from radflow.embedded.account import Account

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child of a fork must not load libraries.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    url: str
    process: subprocess.Popen[bytes]


def dies_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: runs after the change of user, which would clear the request.

    The kernel sends `death_signal` when the *thread* that forked ends: call from
    the main thread.
    """
    parent = os.getpid()

    def request() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return request


def die_with_parent(death_signal: signal.Signals) -> None:
    """The same for this process itself."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))


def start_server(
    command: Sequence[str],
    *,
    account: Account,
    lock_fd: int,
    death_signal: signal.Signals,
    log: Path,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """In a session of its own: the console's Ctrl-C is for us to pass on, last."""
    with log.open("wb") as output:
        account.owns(log)
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env=server_environment(),
            pass_fds=(lock_fd,),
            start_new_session=True,
            preexec_fn=dies_with_parent(death_signal),
            **account.identity,
        )


def server_environment() -> Mapping[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def stop(
    process: subprocess.Popen[bytes], *signals: signal.Signals, seconds: float
) -> None:
    """Ask by each signal in turn, ever less politely, until it has ended."""
    for each in (*signals, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(each)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no output"
