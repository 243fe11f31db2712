"""Applying a message again: as it is, or with changes, with the original kept."""

from __future__ import annotations

import re
from itertools import zip_longest

from django.db import IntegrityError
from django.utils.translation import gettext as _

from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.hl7.errors import HL7Error
from radflow.live import services as live
from radflow.messaging import inbox, nudge, signals
from radflow.messaging.applying import apply_row
from radflow.messaging.arrivals import Received, row_of
from radflow.messaging.checks import examine
from radflow.messaging.exceptions import Parked, WrongState
from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    MessageNote,
    Peer,
)
from radflow.messaging.parking import read
from radflow.messaging.routes import own
from radflow.messaging.services import replay_message
from radflow.messaging.text import storable

Kind = MessageNote.Kind
_SEPARATOR = re.compile(r"\r\n|\r|\n")


class NotReplayed(Exception):
    """The text says why; nothing was written. It holds no patient data."""

    def __init__(self, text: str, location: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.location = location


def replay(*, message_id: int, reason: str, by: User) -> InboundMessage:
    """Back into the queue; one that was applied only with a reason.

    For one that was applied the caller has shown what would differ.
    """
    with unit.work():
        row = InboundMessage.objects.select_for_update().get(pk=message_id)
        if row.pruned_at:
            raise WrongState(_("without its bytes"), _("Retention removed them."))
        if row.state == InboundState.APPLIED:
            reason = _required(reason)
            row.state = InboundState.PARKED
            row.save(update_fields=["state"])
            audit.record("message_applied_again", actor=by, message_id=row.pk)
        _note(row, Kind.REPLAYED, reason, by)
        return replay_message(message_id=message_id, by=by)


def text_of(row: InboundMessage) -> str:
    """As lines for an editor, read in the message's own character set."""
    return "\n".join(_lines(row)[0])


def replay_edited(
    *, message_id: int, text: str, reason: str, by: User
) -> InboundMessage:
    """Apply a changed copy in place of a parked message, which is then skipped.

    Applied at once and not by the queue: a copy has a later number, so what waits
    behind the original would go first.
    """
    reason = _required(reason)
    try:
        with unit.work():
            original = InboundMessage.objects.select_for_update().get(pk=message_id)
            if original.state != InboundState.PARKED:
                raise WrongState(original.state, _("Only a parked one is edited."))
            _refuse_waiting(original)
            before, charset = _lines(original)
            copy = _copy(original, before, charset, text, by)
            changed = changed_fields(before, _SEPARATOR.split(text.strip()))
            apply_row(copy)
            inbox.mark_applied([copy])
            _tell(original, copy, changed, reason, by)
            return copy
    except (Parked, HL7Error) as error:
        place = getattr(error, "location", "")
        raise NotReplayed(
            _("It would be parked: %(why)s") % {"why": _(error.args[0])}, place
        ) from error


def _required(reason: str) -> str:
    if not reason.strip():
        raise ValueError(_("Say why; it is kept with the message."))
    return reason.strip()


def changed_fields(before: list[str], after: list[str]) -> list[str]:
    """`PID-3` and the like, without values; a line that came or went by its name."""
    if [line[:3] for line in before] != [line[:3] for line in after]:
        return ["segments"]
    separator = before[0][3:4]
    changed: list[str] = []
    for old, new in zip(before, after, strict=True):
        offset = 1 if old.startswith("MSH") else 0
        pairs = zip_longest(old.split(separator), new.split(separator))
        changed += [
            f"{old[:3]}-{number + offset}"
            for number, (one, other) in enumerate(pairs)
            if one != other
        ]
    return list(dict.fromkeys(changed))


def _refuse_waiting(original: InboundMessage) -> None:
    keys = own(original.keys)
    earlier = InboundMessage.objects.filter(
        state=InboundState.RECEIVED, pk__lt=original.pk, keys__overlap=keys
    )
    if keys and earlier.exists():
        raise NotReplayed(_("An earlier message of this order or patient still waits."))


def _lines(row: InboundMessage) -> tuple[list[str], str]:
    """Its text, and the character set that gives the same bytes back."""
    raw = bytes(row.raw)
    declared = read(row).message.charset if row.peer else "utf-8"
    for charset in (declared, "utf-8", "latin-1"):
        try:
            text = raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
        return _SEPARATOR.split(text.strip("\r\n")), charset
    raise NotReplayed(_("Its bytes are no text."))


def _copy(
    original: InboundMessage, before: list[str], charset: str, text: str, by: User
) -> InboundMessage:
    after = _SEPARATOR.split(text.strip())
    if after == before:
        raise NotReplayed(_("Nothing was changed. Replay it as it is."))
    try:
        raw = ("\r".join(after) + "\r").encode(charset)
    except UnicodeEncodeError as error:
        said = _("A character is not in the message's character set, %(charset)s.") % {
            "charset": charset
        }
        raise NotReplayed(said) from error
    verdict = examine(raw, list(Peer.objects.select_related("listener")))
    if verdict.error:
        raise NotReplayed(verdict.error.text, verdict.error.location)
    row = row_of(Received(raw, f"edited by {by.username}"[:60]), verdict)
    if row.control_id != original.control_id:
        raise NotReplayed(_("The control ID (MSH-10) stays as it was."), "MSH^1^10")
    row.result_due_at = None
    try:
        inbox.insert([row])
    except IntegrityError as error:
        said = _("This message, with these names and control ID, is already here.")
        raise NotReplayed(said) from error
    row = InboundMessage.objects.select_related("peer").get(pk=row.pk)
    row.edited_from, row.owner = original, by
    row.save(update_fields=["edited_from", "owner"])
    return row


def _tell(
    original: InboundMessage,
    copy: InboundMessage,
    changed: list[str],
    reason: str,
    by: User,
) -> None:
    original.state, original.holds = InboundState.SKIPPED, False
    original.save(update_fields=["state", "holds"])
    fields = ", ".join(changed)
    _note(original, Kind.SKIPPED, f"Replaced by in-{copy.pk}: {reason}", by)
    _note(copy, Kind.EDITED, f"Changed {fields}: {reason}", by)
    detail = {"edited": copy.pk, "fields": changed}
    audit.record("message_replaced", actor=by, message_id=original.pk, detail=detail)
    signals.parked_replayed.send(InboundMessage, message=original, by=by)
    nudge.after_commit(nudge.DRAIN)


def _note(row: InboundMessage, kind: MessageNote.Kind, text: str, by: User) -> None:
    said = storable(text, 500)
    MessageNote.objects.create(inbound=row, kind=kind, text=said, by=by)
    live.publish("message", row.pk)
