"""Sending: frozen bytes in the caller's transaction, relayed after its commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.hl7.build import build, msh
from radflow.live import services as live
from radflow.messaging import nudge, signals
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    OutboundMessage,
    OutboundState,
    Peer,
)
from radflow.messaging.models.peer import ANY
from radflow.messaging.text import storable

ALWAYS = "AL"  # table 0155


@dataclass(frozen=True)
class Addressee:
    """MSH-5 and MSH-6; a wildcard peer has no names of its own."""

    application: str = ""
    facility: str = ""


def enqueue(
    *,
    peer: Peer,
    message_type: str,
    segments: Sequence[str],
    key: str,
    order_ids: Sequence[int] = (),
    to: Addressee | None = None,
    in_reply_to: InboundMessage | None = None,
    structure: str = "",
    version: str = "",
) -> OutboundMessage | None:
    """Queue a message built of `segments` (without MSH) for a peer that receives.

    Returns None where the peer has no address. Messages of one peer and `key` are
    delivered in the order in which they were queued. `version` overrides the peer's.
    """
    if not peer.receives:
        return None
    control_id = next_control_id()
    message = OutboundMessage.objects.create(
        peer=peer,
        control_id=control_id,
        message_type=message_type,
        raw=_encode(peer, message_type, structure, control_id, segments, to, version),
        key=key,
        order_ids=list(order_ids),
        in_reply_to=in_reply_to,
    )
    live.publish("message", message.pk)
    nudge.after_commit(nudge.RELAY)
    return message


def _encode(
    peer: Peer,
    message_type: str,
    structure: str,
    control_id: str,
    segments: Sequence[str],
    to: Addressee | None,
    version: str,
) -> bytes:
    to = to or _names_of(peer)
    head = msh(
        sending_application=settings.HL7_APPLICATION,
        sending_facility=settings.HL7_FACILITY,
        receiving_application=to.application,
        receiving_facility=to.facility,
        time=timezone.now(),
        message_type=message_type,
        structure=structure,
        control_id=control_id,
        processing_id="P",
        version=version or peer.version_out,
        accept_ack=ALWAYS if peer.enhanced_out else "",
        application_ack=ALWAYS if peer.enhanced_out else "",
        charset="UNICODE UTF-8",
    )
    return build([head, *segments])


def _names_of(peer: Peer) -> Addressee:
    names = (peer.sending_application, peer.sending_facility)
    return Addressee(*("" if name == ANY else name for name in names))


def next_control_id() -> str:
    """`RF000019402`: unique, at most 20 characters (MSH-10)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('messaging_control_seq')")
        return f"RF{cursor.fetchone()[0]:09d}"


@transaction.atomic
def replay_message(*, message_id: int, by: User) -> InboundMessage:
    """Put a parked message back into the queue, to be applied as if new."""
    message = InboundMessage.objects.select_for_update().get(pk=message_id)
    if message.state != InboundState.PARKED:
        raise WrongState(message.state, _("Only a parked one is applied again."))
    message.state = InboundState.RECEIVED
    message.holds = False
    message.attempts = 0
    message.next_attempt_at = timezone.now()
    message.save(update_fields=["state", "holds", "attempts", "next_attempt_at"])
    audit.record("message_replayed", actor=by, message_id=message.pk)
    signals.parked_replayed.send(InboundMessage, message=message, by=by)
    live.publish("message", message.pk)
    nudge.after_commit(nudge.DRAIN)
    return message


@transaction.atomic
def resend_message(*, message_id: int, by: User) -> OutboundMessage:
    """Try a refused or dead message again: the same bytes, the same control ID."""
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.state not in (OutboundState.REFUSED, OutboundState.DEAD):
        raise WrongState(message.state, _("Only a refused or dead one is sent again."))
    audit.record("message_resent", actor=by, detail={"outbound": message.pk})
    message.resent_at = timezone.now()
    message.save(update_fields=["resent_at"])
    _reopen(message, OutboundState.QUEUED)
    nudge.after_commit(nudge.RELAY)
    return message


@transaction.atomic
def discard_message(*, message_id: int, reason: str, by: User) -> OutboundMessage:
    """Give up a refused message, so that what waits behind it can go."""
    message = OutboundMessage.objects.select_for_update().get(pk=message_id)
    if message.state != OutboundState.REFUSED:
        raise WrongState(message.state, _("Only a refused one is given up."))
    detail = {"outbound": message.pk, "reason": reason}
    audit.record("message_discarded", actor=by, detail=detail)
    message.error_text = storable(f"Given up: {reason}. {message.error_text}", 300)
    message.save(update_fields=["error_text"])
    _reopen(message, OutboundState.DEAD)
    nudge.after_commit(nudge.RELAY)
    return message


def _reopen(message: OutboundMessage, state: OutboundState) -> None:
    message.state = state
    message.next_attempt_at = timezone.now()
    message.leased_until = None
    message.save(update_fields=["state", "next_attempt_at", "leased_until"])
    live.publish("message", message.pk)
