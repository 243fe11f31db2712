"""What a message that was held asks of one order, read again."""

from __future__ import annotations

from orders.cause import Cause
from orders.hl7.addressing import addressed
from orders.hl7.questions import questions
from orders.models import HeldChange
from orders.services.drift import Asked
from radflow.hl7.acks import HL7Error
from radflow.messaging.exceptions import Parked
from radflow.messaging.parking import read


def asked_of(change: HeldChange) -> Asked:
    if change.inbound is None:
        return Asked()
    try:
        inbound = read(change.inbound)
        cause = Cause(actor=inbound.peer.name, inbound_id=change.inbound_id)
        asked = questions(inbound, cause)
        for question in asked:
            if change.order in addressed(question.reader):
                return Asked(question.filled.request, orders=len(asked))
    except (HL7Error, Parked):
        # Who could not read it parked it: nothing of it can be accepted.
        return Asked()
    return Asked(orders=len(asked))
