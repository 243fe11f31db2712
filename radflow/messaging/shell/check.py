"""`manage.py hl7 check`: what in a file does not conform, with its place."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, TextIO

from django.core.management.base import CommandError

from radflow.hl7.conformance import ERROR, Finding, lint
from radflow.hl7.errors import HL7Error
from radflow.hl7.framing import FrameTooLarge
from radflow.messaging.shell import files
from radflow.messaging.shell.progress import Progress

HELP = "Check the messages of files against their version of HL7."
BUDGET_SECONDS = 10.0
MAX_BYTES = 10 * 1024 * 1024


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="one message, many, a batch, or MLLP frames; - is the standard input",
    )
    parser.add_argument(
        "--errors-only", action="store_true", help="neither warnings nor information"
    )


def run(stdout: TextIO, stderr: TextIO, options: dict[str, Any]) -> None:
    """CommandError, and so exit code 1, where there is an error in any message."""
    errors = 0
    progress = Progress(stderr, len(options["files"]), seen=stdout.isatty())
    for name in options["files"]:
        for number, finding in _findings(name):
            errors += finding.severity == ERROR
            if finding.severity == ERROR or not options["errors_only"]:
                stdout.write(f"{name}:{number}: {_line(finding)}\n")
        progress.step()
    if errors:
        raise CommandError(f"{errors} errors.")


def _findings(name: str) -> list[tuple[int, Finding]]:
    try:
        messages = files.messages_in(files.read(name))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}") from error
    except FrameTooLarge as error:
        raise CommandError(f"{name}: {error}") from error
    except HL7Error as error:
        return [(0, Finding(ERROR, error.code, error.location, error.text))]
    return [
        (number, finding)
        for number, message in enumerate(messages or [b""], start=1)
        for finding in lint(message, budget_seconds=BUDGET_SECONDS, max_bytes=MAX_BYTES)
    ]


def _line(finding: Finding) -> str:
    place = finding.location or "message"
    return f"{finding.severity} {finding.code} {place} {finding.text}"
