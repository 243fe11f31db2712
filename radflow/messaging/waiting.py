"""Who waits behind whom in the inbox: messages of one sender for one another."""

from __future__ import annotations

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
        state=InboundState.RECEIVED,
        pk__gt=message.pk,
        peer_id=message.peer_id,
        keys__overlap=keys,
    ).order_by("pk")
    return [row for row in later[:SHOWN] if set(own(row.keys)) & set(keys)]


def waits_for(message: InboundMessage) -> InboundMessage | None:
    """The parked message that holds this one back, the oldest of several."""
    keys = own(message.keys)
    if message.state != InboundState.RECEIVED or not keys:
        return None
    earlier = InboundMessage.objects.filter(
        holds=True,
        pk__lt=message.pk,
        peer_id=message.peer_id,
        keys__overlap=keys,
    ).order_by("pk")
    return next((row for row in earlier if set(own(row.keys)) & set(keys)), None)
