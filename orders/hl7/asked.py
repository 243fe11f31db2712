"""What a message that was held asks of one order, read again."""

from __future__ import annotations

from orders.cause import Cause
from orders.hl7.addressing import addressed
from orders.hl7.questions import questions
from orders.models import HeldChange
from orders.requests import OrderRequest
from radflow.hl7.acks import HL7Error
from radflow.messaging.exceptions import Parked
from radflow.messaging.parking import read


def asked_of(change: HeldChange) -> OrderRequest | None:
    """None where the message says nothing (any more) of this order."""
    if change.inbound is None:
        return None
    try:
        inbound = read(change.inbound)
        cause = Cause(actor=inbound.peer.name, inbound_id=change.inbound_id)
        for question in questions(inbound, cause):
            if change.order in addressed(question.reader):
                return question.filled.request
    except (HL7Error, Parked):
        return None
    return None
