"""What the placer hears of its order: status, and acts of people here (RAD-3)."""

from __future__ import annotations

from orders.cause import Cause
from orders.hl7.outbound.segments import (
    Reason,
    addressee,
    key_of,
    note_sent,
    obr,
    orc,
    pid,
)
from orders.lifecycle import Event
from orders.models import Order
from radflow.messaging.models import Peer, Profile
from radflow.messaging.services import enqueue

# What a person did here; all else is a change of status (table 0119).
_OWN_ACTS = {
    Event.CANCEL: "OC",
    Event.DISCONTINUE: "OD",
    Event.STOP: "OD",
    Event.HOLD: "OH",
    Event.RELEASE: "OE",
}
_CORRECTIONS = frozenset({Event.CHANGE, Event.CHANGE_PROCEDURE})


def send_status(order: Order, event: Event, cause: Cause) -> None:
    """ORM^O01 to the system that placed the order (section 3.3)."""
    peer = order.peer
    if peer is None or not peer.wants_status or cause.answered:
        return
    own = _is_own_act(cause)
    if own and event in _CORRECTIONS:
        return  # XX says it, once all is changed
    _send(order, peer, _OWN_ACTS.get(event, "SC") if own else "SC", cause)


def send_correction(order: Order, cause: Cause) -> None:
    """ORC-1 XX: a person here changed what the placer asked for."""
    peer = order.peer
    if peer and peer.wants_status and _is_own_act(cause):
        _send(order, peer, "XX", cause)


def send_refusal(order: Order, control: str, reason: Reason, cause: Cause) -> None:
    """To who was answered at receipt, and reads no order response: `UC` and its like.

    IHE knows none of them: there the true status says it.
    """
    peer = order.peer
    if peer is None or not peer.wants_status:
        return
    if peer.profile in (Profile.IHE_231, Profile.IHE_251):
        _send(order, peer, "SC", cause)
    else:
        _send(order, peer, control, cause, reason)


def _is_own_act(cause: Cause) -> bool:
    """A person's, and not one that carries out what a message asked."""
    return cause.user is not None and cause.inbound_id is None


def ask_number(order: Order, cause: Cause) -> None:
    """ORC-1 SN: we made this order, its placer gives it a number (NA)."""
    if order.peer and order.peer.receives:
        _send(order, order.peer, "SN", cause)


def _send(
    order: Order, peer: Peer, control: str, cause: Cause, reason: Reason = ("", "")
) -> None:
    modern = peer.version_out != "2.3.1"
    message = enqueue(
        peer=peer,
        message_type="ORM^O01",
        structure="ORM_O01" if modern else "",
        segments=[
            pid(order.patient),
            orc(order, control, cause.at, modern=modern, reason=reason),
            obr(order),
        ],
        key=key_of(order),
        order_ids=[order.pk],
        to=addressee(order),
    )
    if message:
        # The state's own entry says what happened; this one what was told.
        note_sent(order, message.pk, cause, f"ORM^O01 {control} to {peer.name}")
