"""`manage.py hl7 replay`: parked messages back into the queue, by somebody's name."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, TextIO

from django.core.management.base import CommandError

from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.services import replay_message
from radflow.messaging.shell.progress import Progress

HELP = "Apply parked messages again, in the order in which they came."


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", type=int, metavar="ID")
    parser.add_argument(
        "--state", choices=[InboundState.PARKED.value], help="all that are parked"
    )
    parser.add_argument("--peer", help="of these, only the peer's of this name")
    parser.add_argument("--type", help="of these, only this type, such as ORM^O01")
    parser.add_argument("--by", metavar="USERNAME", help="who decides; is recorded")
    parser.add_argument(
        "--dry-run", action="store_true", help="show which, change nothing"
    )


def run(stdout: TextIO, stderr: TextIO, options: dict[str, Any]) -> None:
    """CommandError, and so exit code 1, where one was not put back."""
    chosen = _chosen(options)
    if options["dry_run"]:
        for message in chosen:
            stdout.write(f"{_line(message)}  would be applied again\n")
        stdout.write(f"{len(chosen)} messages; nothing was done.\n")
        return
    by = _person(options["by"])
    progress = Progress(stderr, len(chosen), seen=stdout.isatty())
    failed = 0
    for message in chosen:
        failed += not _replay(message, by, stdout)
        progress.step()
    if failed:
        raise CommandError(f"{failed} of {len(chosen)} not put back.")


def _chosen(options: dict[str, Any]) -> list[InboundMessage]:
    if bool(options["ids"]) == bool(options["state"]):
        raise CommandError("Name messages by ID, or all by --state parked.")
    found = InboundMessage.objects.select_related("peer").defer("raw", "ack_raw")
    if options["ids"]:
        found = found.filter(pk__in=options["ids"])
    else:
        found = found.filter(state=options["state"])
    if options["peer"]:
        found = found.filter(peer__name=options["peer"])
    if options["type"]:
        found = found.filter(message_type__startswith=options["type"])
    chosen = list(found.order_by("id"))
    lost = set(options["ids"]) - {message.pk for message in chosen}
    if lost:
        raise CommandError(f"No such message: {', '.join(map(str, sorted(lost)))}.")
    return chosen


def _person(username: str | None) -> User:
    if not username:
        raise CommandError("Say who decides: --by USERNAME.")
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None or not person.may(Capability.MANAGE_INTERFACES):
        raise CommandError(f"{username} may not replay messages.")
    return person


def _replay(message: InboundMessage, by: User, stdout: TextIO) -> bool:
    try:
        replay_message(message_id=message.pk, by=by)
    except WrongState as refusal:
        stdout.write(f"{_line(message)}  {refusal.text}\n")
        return False
    stdout.write(f"{_line(message)}  back in the queue\n")
    return True


def _line(message: InboundMessage) -> str:
    reason = f"{message.error_code} {message.error_location}".strip()
    return f"{message.pk}  {message.message_type}  {message.control_id}  {reason}"
