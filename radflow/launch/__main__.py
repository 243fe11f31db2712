"""`python -m radflow.launch [--with-parent]`: services, migration, processes."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured
from honcho.environ import parse_procfile

from radflow.embedded import ServicesError, services
from radflow.embedded.children import die_with_parent, dies_with_parent
from radflow.launch import running
from radflow.launch.banner import banner
from radflow.launch.ports import misspelt_port, taken_port
from radflow.launch.supervisor import Event, Fatal, Notice, Supervisor

CHECKOUT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 120


class Refused(Exception):
    """One line: why the server does not run."""


class Stopped(BaseException):
    """A signal to end came."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m radflow.launch")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the calling process does"
    )
    if parser.parse_args(arguments).with_parent:
        die_with_parent(signal.SIGTERM)
    _listen_to_signals(_stop)
    try:
        _run()
    except (ImproperlyConfigured, Refused, ServicesError) as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        return 0
    return 0


def _listen_to_signals(
    handler: Callable[[int, FrameType | None], None] | signal.Handlers,
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    # Once is enough: a second signal would cut the orderly end short.
    _listen_to_signals(signal.SIG_IGN)
    print("\nStopping.", flush=True)
    raise Stopped


def _run() -> None:
    os.chdir(CHECKOUT)
    _complete_environment()
    if refusal := misspelt_port(os.environ):
        raise Refused(refusal)
    events: SimpleQueue[Event] = SimpleQueue()
    data_dir = Path(os.environ["RADFLOW_DATA_DIR"])
    with services(data_dir, on_end=lambda how: events.put(Fatal(how))) as urls:
        os.environ.update(urls)
        settings = _settings()
        if refusal := taken_port(settings.BIND, _ports(settings)):
            raise Refused(refusal)
        _manage("migrate", "--verbosity=0")
        _manage("collectstatic", "--verbosity=0", "--no-input")
        if settings.DEMO:
            _manage("seed_demo")
        with running.told(data_dir, os.environ):
            _supervise(settings, events)


def _complete_environment() -> None:
    """What the Procfile's commands name, where the caller left it out."""
    defaults = {
        "RADFLOW_DEMO": "1",
        "RADFLOW_DATA_DIR": str(CHECKOUT / ".data"),
        "RADFLOW_BIND": "127.0.0.1",
        "RADFLOW_HTTP_PORT": "8000",
        "DJANGO_SETTINGS_MODULE": "radflow.settings",
        "PYTHONUNBUFFERED": "1",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    programs = Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}:{os.environ.get('PATH', os.defpath)}"


def _settings() -> LazySettings:
    from django.conf import settings

    settings.BIND  # noqa: B018  (reads them now: a wrong one ends the start here)
    return settings


def _ports(settings: LazySettings) -> dict[str, int]:
    ports = {
        "RADFLOW_HTTP_PORT": settings.HTTP_PORT,
        "RADFLOW_MLLP_PORT": settings.MLLP_PORT,
        "RADFLOW_DICOM_PORT": settings.DICOM_PORT,
    }
    if settings.DEMO_SIMULATOR:
        ports["RADFLOW_DEMO_RECEIVER_PORT"] = settings.DEMO_RECEIVER_PORT
    if settings.DICOM_TLS_PORT:
        ports["RADFLOW_DICOM_TLS_PORT"] = settings.DICOM_TLS_PORT
    return ports


def _manage(*arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, preexec_fn=dies_with_parent(signal.SIGTERM))
    if done.returncode:
        raise Refused(f"manage.py {arguments[0]} failed: see above.")


def _supervise(settings: LazySettings, events: SimpleQueue[Event]) -> None:
    supervisor = Supervisor(_commands(settings), os.environ, events)
    announcement = threading.Thread(
        target=_announce, args=(settings, events), daemon=True
    )
    try:
        supervisor.start()
        announcement.start()
        raise Refused(f"{supervisor.run()}: stopped everything.")
    finally:
        supervisor.stop()


def _commands(settings: LazySettings) -> dict[str, str]:
    files = ["Procfile"]
    if settings.DEMO_SIMULATOR:
        files.append("deploy/demo.Procfile")
    text = "\n".join((CHECKOUT / name).read_text() for name in files)
    return dict(parse_procfile(text).processes)


def _announce(settings: LazySettings, events: SimpleQueue[Event]) -> None:
    address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.BIND, settings.BIND)
    url = f"http://{address}:{settings.HTTP_PORT}/readyz"
    deadline = time.monotonic() + READY_SECONDS
    while not _answers(url):
        if time.monotonic() > deadline:
            events.put(Notice(f"{url} does not answer yet: see the lines above."))
            return
        time.sleep(0.2)
    ports = (settings.HTTP_PORT, settings.MLLP_PORT, settings.DICOM_PORT)
    events.put(Notice(banner(address, *ports, demo=settings.DEMO)))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
