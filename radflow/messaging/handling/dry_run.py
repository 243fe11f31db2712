"""What a replay would do: done in a transaction that is always rolled back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext_noop

from radflow import unit
from radflow.messaging.applying import apply_row
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, OutboundMessage
from radflow.messaging.parking import read
from radflow.messaging.routes import (
    Handler,
    Inbound,
    PersonalLabel,
    handler_for,
    own,
)

# It holds the locks that applying holds, so it gives up before anybody notices.
_LIMITS = "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '5s'"
_BUSY = gettext_noop(
    "The database did not answer in time, or refused a value. Try again."
)


@dataclass(frozen=True)
class Difference:
    """One value before and after; empty where it is not there."""

    label: str
    old: str
    new: str

    @property
    def is_personal(self) -> bool:
        return isinstance(self.label, PersonalLabel)

    @property
    def kind(self) -> str:
        if not self.old:
            return "added"
        return "changed" if self.new else "removed"


@dataclass(frozen=True)
class Sent:
    """A message that would go out, or None of them where nobody is told."""

    message_type: str
    peer: str


@dataclass
class DryRun:
    """What would become of a message; `code` and `why` where it would be parked."""

    state: str
    code: str = ""
    why: str = ""
    location: str = ""
    differences: list[Difference] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    overtakes: int = 0

    @property
    def would_apply(self) -> bool:
        return self.state == InboundState.APPLIED

    @property
    def fingerprint(self) -> str:
        """Whoever confirms, confirms what was shown."""
        seen = repr((self.state, self.code, self.differences, self.sent))
        return hashlib.sha256(f"{seen}{self.overtakes}".encode()).hexdigest()


class _Undo(Exception):
    """Ends the transaction without leaving anything."""


def dry_run(message_id: int) -> DryRun:
    """Apply the message and take it all back; nothing remains and nobody is told.

    Numbers drawn from sequences stay drawn: those have gaps anyway.
    """
    found = DryRun(InboundState.PARKED)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_LIMITS)
            row = InboundMessage.objects.select_for_update().get(pk=message_id)
            found.overtakes = later_applied(row)
            _try(row, found)
            raise _Undo
    except _Undo:
        pass
    except DatabaseError:
        return DryRun(InboundState.PARKED, "207", _BUSY)
    return found


def later_applied(row: InboundMessage) -> int:
    """How many later messages of the same order, else patient, it would overtake."""
    keys = own(row.keys)
    later = InboundMessage.objects.filter(
        pk__gt=row.pk, state=InboundState.APPLIED, keys__overlap=keys
    ).values_list("keys", flat=True)
    return sum(bool(set(own(theirs)) & set(keys)) for theirs in later[:1000])


def _try(row: InboundMessage, found: DryRun) -> None:
    already_warned = len(row.warnings)
    last = OutboundMessage.objects.order_by("-pk").values_list("pk", flat=True).first()
    after: dict[str, str] = {}
    handler, inbound = None, None
    try:
        with unit.work():
            apply_row(row)
            unit.write()
            handler, inbound = handler_for(row.message_type), read(row)
            after = _facts(handler, inbound, row.order_ids)
            found.state = InboundState.APPLIED
            found.sent = _sent_since(last or 0, row)
            found.warnings = row.warnings[already_warned:]
            raise _Undo
    except _Undo:
        pass
    except Parked as parked:
        found.code, found.why, found.location = (
            parked.code,
            parked.args[0],
            parked.location,
        )
    if handler and inbound:
        before = _facts(handler, inbound, row.order_ids)
        found.differences = differences(before, after)


def _facts(
    handler: Handler, inbound: Inbound, order_ids: Sequence[int]
) -> dict[str, str]:
    return handler.facts(inbound, order_ids) if handler.facts else {}


def differences(before: dict[str, str], after: dict[str, str]) -> list[Difference]:
    labels = dict.fromkeys([*before, *after])
    both = ((label, before.get(label, ""), after.get(label, "")) for label in labels)
    return [Difference(*one) for one in both if one[1] != one[2]]


def _sent_since(last: int, row: InboundMessage) -> list[Sent]:
    """Ours are those of the same orders, or in reply to it: others send meanwhile."""
    new = OutboundMessage.objects.filter(pk__gt=last).order_by("pk")
    return [
        Sent(one.message_type, one.peer.name)
        for one in new.select_related("peer")
        if one.in_reply_to_id == row.pk or set(one.order_ids) & set(row.order_ids)
    ]
