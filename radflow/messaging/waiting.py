"""Who waits behind whom in the inbox: messages of one sender for one another."""

from __future__ import annotations

from django.db.models import Q

from radflow.messaging.models import InboundMessage, InboundState
from radflow.messaging.routes import own

SHOWN = 200


def waiting_behind(message: InboundMessage) -> list[InboundMessage]:
    """What cannot be applied before a person has dealt with this parked message.

    The oldest first, at most SHOWN.
    """
    if not message.holds:
        return []
    keys = own(message.keys)
    later = InboundMessage.objects.filter(
        _of_its_sender(message),
        state=InboundState.RECEIVED,
        pk__gt=message.pk,
        keys__overlap=keys,
    ).order_by("pk")
    return [row for row in later[:SHOWN] if set(own(row.keys)) & set(keys)]


def waits_for(message: InboundMessage) -> InboundMessage | None:
    """The parked message that holds this one back, the oldest of several."""
    keys = own(message.keys)
    if message.state != InboundState.RECEIVED or not keys:
        return None
    earlier = InboundMessage.objects.filter(
        _of_its_sender(message),
        holds=True,
        pk__lt=message.pk,
        keys__overlap=keys,
    ).order_by("pk")
    return next((row for row in earlier if set(own(row.keys)) & set(keys)), None)


def _of_its_sender(message: InboundMessage) -> Q:
    if message.peer_id is None:
        return Q(peer=None)
    return Q(peer_id=message.peer_id)
