"""Runs the Procfile's processes: their lines with a prefix, a fallen one again.

Honcho reads the file and prints the lines. Its own manager ends everything when
one process ends and leaves its children behind after a kill -9; this one does not.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from honcho.colour import get_colours
from honcho.printer import Message, Printer

from radflow.embedded.children import dies_with_parent

RESTARTS = 5
WINDOW_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(slots=True)
class Program:
    name: str
    command: str
    colour: str
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))
    process: subprocess.Popen[bytes] | None = None

    def falls_too_often(self) -> bool:
        full = len(self.starts) == self.starts.maxlen
        return full and time.monotonic() - self.starts[0] < WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Line:
    program: Program
    text: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    program: Program
    code: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the console, from outside the processes."""

    text: str


@dataclass(frozen=True, slots=True)
class Fatal:
    """Something the programs cannot do without is gone."""

    text: str


Event = Line | Ended | Notice | Fatal


class Supervisor:
    """Use from the main thread: the children die with the thread that forked them.

    Any thread may put a Notice or Fatal among the events.
    """

    def __init__(
        self,
        commands: Mapping[str, str],
        environment: Mapping[str, str],
        events: queue.SimpleQueue[Event],
    ) -> None:
        colours: Iterator[str] = get_colours()
        self._programs = [
            Program(name, command, next(colours)) for name, command in commands.items()
        ]
        self._environment = environment
        self._events = events
        self._printer = Printer(sys.stdout, width=max(map(len, [*commands, "radflow"])))

    def start(self) -> None:
        for program in self._programs:
            self._start(program)

    def run(self) -> str:
        """Pass lines on until it makes no sense any more; says why."""
        while True:
            match self._events.get():
                case Line(program, text):
                    self._print(program, text)
                case Notice(text):
                    print(text, flush=True)
                case Fatal(text):
                    return text
                case Ended(program, code):
                    _kill_session(program)
                    how = f"{program.name} ended ({_how(code)})"
                    if program.falls_too_often():
                        return f"{how} more than {RESTARTS} times in a minute"
                    self._say(f"{how}, starting it again")
                    self._start(program)

    def stop(self) -> None:
        """End every program and what it started; their last lines are shown."""
        running = [(each, each.process) for each in self._programs if each.process]
        for _, process in running:
            # Only the leader: Celery's pool would fall in the middle of a task.
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for program, process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            _kill_session(program)
        self._print_last_lines()

    def _start(self, program: Program) -> None:
        program.starts.append(time.monotonic())
        process = subprocess.Popen(
            # `exec`: the shell in between would die alone.
            ["/bin/sh", "-c", f"exec {program.command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),
        )
        program.process = process
        # Apart, as a grandchild may hold the output open when the child has ended.
        for watch in (self._read, self._wait):
            threading.Thread(target=watch, args=(program, process), daemon=True).start()

    def _read(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for text in output:
                self._events.put(Line(program, text))

    def _wait(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        self._events.put(Ended(program, process.wait()))

    def _print_last_lines(self) -> None:
        with suppress(queue.Empty):
            while True:
                if isinstance(event := self._events.get(timeout=0.1), Line):
                    self._print(event.program, event.text)

    def _print(self, program: Program, text: bytes) -> None:
        self._write(program.name, program.colour, text)

    def _say(self, text: str) -> None:
        self._write("radflow", None, text)

    def _write(self, name: str, colour: str | None, text: bytes | str) -> None:
        self._printer.write(Message("line", text, datetime.now(), name, colour))


def _kill_session(program: Program) -> None:
    """What the program started may be alive when it is not."""
    with suppress(ProcessLookupError):
        if program.process:
            os.killpg(program.process.pid, signal.SIGKILL)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return signal.Signals(-code).name
