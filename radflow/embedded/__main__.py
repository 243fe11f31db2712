"""`python -m radflow.embedded [OPTIONS] [-- COMMAND ...]`

Runs COMMAND with DATABASE_URL and REDIS_URL in its environment and stops the
services when it ends; without COMMAND prints both and serves until interrupted.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType

from radflow.embedded.children import dies_with_parent
from radflow.embedded.errors import ServicesError
from radflow.embedded.home import remove_data
from radflow.embedded.services import services, temporary_services

CHECKOUT = Path(__file__).resolve().parent.parent.parent


class Stopped(BaseException):
    """SIGTERM or SIGINT came."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _stop)
    try:
        if options.remove:
            remove_data(options.data_dir.absolute())
            return 0
        with _chosen(options) as urls:
            if options.command:
                return _run(options.command, urls)
            _serve(urls)
    except ServicesError as error:
        print(error, file=sys.stderr)
        return 1
    except Stopped:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m radflow.embedded")
    default = os.environ.get("RADFLOW_DATA_DIR") or CHECKOUT / ".data"
    parser.add_argument("--data-dir", type=Path, default=Path(default))
    parser.add_argument(
        "--temporary", action="store_true", help="a data folder removed at the end"
    )
    parser.add_argument(
        "--remove", action="store_true", help="delete the data folder, start nothing"
    )
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    return parser


def _chosen(
    options: argparse.Namespace,
) -> AbstractContextManager[dict[str, str]]:
    return temporary_services() if options.temporary else services(options.data_dir)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _serve(urls: dict[str, str]) -> None:
    for name, value in urls.items():
        print(f"{name}={value}", flush=True)
    while True:
        signal.pause()


def _run(command: list[str], urls: dict[str, str]) -> int:
    child = subprocess.Popen(
        command,
        env=os.environ | urls,
        preexec_fn=dies_with_parent(signal.SIGTERM),
    )
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, frame: child.send_signal(number))
    code = child.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
