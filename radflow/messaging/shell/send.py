"""`manage.py hl7 send`: files to a peer or an address, each answer in a line."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from django.core.management.base import CommandError

from radflow.hl7.acks import Ack, read_ack
from radflow.hl7.client import MLLPClient, MLLPError
from radflow.hl7.errors import HL7Error
from radflow.hl7.framing import FrameTooLarge
from radflow.hl7.header import peek
from radflow.messaging import tls
from radflow.messaging.destinations import close_connections, connection_to
from radflow.messaging.models import Peer
from radflow.messaging.shell import files
from radflow.messaging.shell.progress import Progress

HELP = "Send the messages of files and show each acknowledgement."
_ADDRESS = re.compile(r"\[?([^\[\]]+?)\]?:([0-9]{1,5})\Z")


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="one message, many, a batch, or MLLP frames; - is the standard input",
    )
    parser.add_argument(
        "--to",
        required=True,
        metavar="PEER|HOST:PORT",
        help="a peer by its name, with its TLS and release 2, or an address",
    )
    parser.add_argument("--rate", type=float, help="at most so many a second")
    parser.add_argument(
        "--timeout", type=float, help="seconds for each answer (10, or the peer's)"
    )
    parser.add_argument("--tls", action="store_true", help="TLS to an address")
    parser.add_argument(
        "--release2", action="store_true", help="commit acknowledgements to an address"
    )
    parser.add_argument(
        "--as-is", action="store_true", help="leave line feeds in place of CR"
    )


def run(stdout: TextIO, stderr: TextIO, options: dict[str, Any]) -> None:
    """CommandError, and so exit code 1, unless every message was accepted."""
    messages = _messages(options["files"], as_is=options["as_is"])
    if not messages:
        raise CommandError("The files hold no message.")
    with _connection(options) as client:
        refused = _send_all(client, messages, stdout, stderr, options["rate"])
    if refused:
        raise CommandError(f"{refused} of {len(messages)} not accepted.")


def _messages(names: Sequence[str], *, as_is: bool) -> list[bytes]:
    found = []
    for name in names:
        try:
            found += files.messages_in(files.read(name))
        except OSError as error:
            raise CommandError(f"{name}: {error.strerror}") from error
        except (HL7Error, FrameTooLarge) as error:
            raise CommandError(f"{name}: {error}") from error
    return found if as_is else [files.on_the_wire(message) for message in found]


@contextmanager
def _connection(options: dict[str, Any]) -> Iterator[MLLPClient]:
    peer = Peer.objects.filter(name=options["to"]).first()
    if peer is None:
        with _to_address(options) as client:
            yield client
        return
    if not peer.host or not peer.port:
        raise CommandError(f"{peer.name} has no address to send to.")
    try:
        with connection_to(peer) as client:
            client.timeout = options["timeout"] or client.timeout
            yield client
    except MLLPError as error:
        raise CommandError(str(error)) from error
    finally:
        close_connections()


def _to_address(options: dict[str, Any]) -> MLLPClient:
    match = _ADDRESS.match(options["to"])
    if match is None or not 0 < int(match[2]) < 65536:
        raise CommandError(
            f"No peer has the name {options['to']}, nor is it HOST:PORT."
        )
    try:
        context = tls.for_sending() if options["tls"] else None
    except (tls.NotConfigured, OSError) as error:
        raise CommandError(f"TLS is not set up: {error}") from error
    return MLLPClient(
        match[1],
        int(match[2]),
        timeout=options["timeout"] or 10.0,
        ssl=context,
        release2=options["release2"],
    )


@dataclass(frozen=True)
class _Sent:
    line: str
    accepted: bool


def _send_all(
    client: MLLPClient,
    messages: Sequence[bytes],
    stdout: TextIO,
    stderr: TextIO,
    rate: float | None,
) -> int:
    """How many were not accepted."""
    progress = Progress(stderr, len(messages), seen=stdout.isatty())
    refused = 0
    due = time.monotonic()
    for message in messages:
        time.sleep(max(0.0, due - time.monotonic()))
        due += 1 / rate if rate else 0.0
        sent = _send(client, message)
        refused += not sent.accepted
        stdout.write(f"{sent.line}\n")
        progress.step()
    return refused


def _send(client: MLLPClient, message: bytes) -> _Sent:
    header = peek(message)
    control_id = header.control_id if header else ""
    name = control_id or "(no control ID)"
    try:
        ack = read_ack(client.send(message))
    except (MLLPError, HL7Error) as error:
        return _Sent(f"{name}  --  {error}", False)
    if ack.control_id != control_id:
        return _Sent(f"{name}  {ack.code}  answers another message", False)
    return _Sent(f"{name}  {ack.code}{_reason(ack)}", ack.positive)


def _reason(ack: Ack) -> str:
    parts = (ack.error_code, ack.error_location, ack.text)
    reason = " ".join(part for part in parts if part)
    return f"  {reason}" if reason else ""
