"""What cannot be applied without a human: out of the queue, and the sender told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from radflow.live import services as live
from radflow.messaging.checks import parse_from
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import InboundMessage, InboundState, Peer
from radflow.messaging.models.peer import sender_of
from radflow.messaging.results import tell_refused
from radflow.messaging.routes import Inbound, handler_for
from radflow.messaging.text import storable, trace

logger = logging.getLogger(__name__)


def read(row: InboundMessage) -> Inbound:
    """The row with its message parsed again, as its sender writes it."""
    peer = row.peer or _added_since(row)
    return Inbound(row, parse_from(peer, bytes(row.raw)), peer)


def _added_since(row: InboundMessage) -> Peer:
    names = (row.sending_application, row.sending_facility)
    peer = sender_of(*names, Peer.objects.filter(enabled=True))
    if peer is None:
        text = gettext_noop("The sender is not known. Add it as a peer, then replay.")
        raise Parked("103", text)
    row.peer = peer
    row.save(update_fields=["peer"])
    return peer


@transaction.atomic
def park(message_id: int, parked: Parked) -> None:
    """Into a human's hands; what could not be read holds what comes after it."""
    row = InboundMessage.objects.select_for_update().get(pk=message_id)
    if row.state != InboundState.RECEIVED:
        # Our claim ended with the rollback; another worker has dealt with it since.
        return
    put_parked(row, parked)
    if isinstance(row.peer, Peer):
        _tell(row, parked)
    row.save(update_fields=[*PARKED_FIELDS, "ack_code", "ack_raw"])
    live.publish("message", row.pk)


PARKED_FIELDS = (
    "state",
    "holds",
    "parked_at",
    "error_code",
    "error_text",
    "error_location",
)


def put_parked(row: InboundMessage, parked: Parked) -> None:
    """On a row that the caller holds locked and will save."""
    row.state = InboundState.PARKED
    row.holds = parked.holds
    row.parked_at = timezone.now()
    row.error_code = storable(parked.code, 40)
    row.error_text = storable(parked.text, 300)
    row.error_location = storable(parked.location, 60)


def _tell(row: InboundMessage, parked: Parked) -> None:
    """What cannot be kept or told is logged: the message must leave the queue."""
    with _logged(row, "kept for a person"):
        inbound, handler = read(row), handler_for(row.message_type)
        if handler.keep:
            handler.keep(inbound, parked)
    if parked.is_final:
        with _logged(row, "refused"):
            inbound, handler = read(row), handler_for(row.message_type)
            response = handler.refuse(inbound, parked) if handler.refuse else None
            tell_refused(inbound, parked, response)


@contextmanager
def _logged(row: InboundMessage, what: str) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error("inbound message %s not %s: %s", row.pk, what, trace(error))
