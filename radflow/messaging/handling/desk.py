"""What people do about messages that need them: own, comment, skip, keep."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging import nudge, signals
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    MessageNote,
    OutboundMessage,
)
from radflow.messaging.text import storable

Message = InboundMessage | OutboundMessage
Kind = MessageNote.Kind


@transaction.atomic
def assign(*, message: Message, owner: User | None, by: User) -> Message:
    """Make it somebody's task, or nobody's."""
    held = lock(message)
    held.owner = owner
    held.save(update_fields=["owner"])
    text = f"To {owner.get_full_name()}" if owner else "To nobody"
    write_note(held, Kind.ASSIGNED, text, by)
    return held


@transaction.atomic
def comment(*, message: Message, text: str, by: User) -> None:
    write_note(lock(message), Kind.COMMENT, text, by)


@transaction.atomic
def skip(*, message_id: int, reason: str, by: User) -> InboundMessage:
    """It is never applied; what waited behind it goes on. Raises WrongState."""
    message = InboundMessage.objects.select_for_update().get(pk=message_id)
    if message.state != InboundState.PARKED:
        raise WrongState(message.state, _("Only a parked one is skipped."))
    message.state = InboundState.SKIPPED
    message.holds = False
    message.save(update_fields=["state", "holds"])
    write_note(message, Kind.SKIPPED, reason, by)
    signals.parked_skipped.send(InboundMessage, message=message, by=by)
    nudge.after_commit(nudge.DRAIN)
    return message


@transaction.atomic
def keep(*, message: Message, on: bool, reason: str, by: User) -> Message:
    """Legal hold: retention does not touch it."""
    held = lock(message)
    held.legal_hold = on
    held.save(update_fields=["legal_hold"])
    write_note(held, Kind.HELD, f"{'On' if on else 'Off'}: {reason}", by)
    return held


def lock(message: Message) -> Message:
    if isinstance(message, InboundMessage):
        return InboundMessage.objects.select_for_update().get(pk=message.pk)
    return OutboundMessage.objects.select_for_update().get(pk=message.pk)


def write_note(message: Message, kind: Kind, text: str, by: User) -> None:
    """On the message and in the audit trail; shown live."""
    incoming = isinstance(message, InboundMessage)
    column = {"inbound": message} if incoming else {"outbound": message}
    MessageNote.objects.create(kind=kind, text=storable(text, 500), by=by, **column)
    audit.record(
        f"message_{kind.value}",
        actor=by,
        message_id=message.pk if incoming else None,
        detail={} if incoming else {"outbound": message.pk},
    )
    live.publish("message", message.pk)
