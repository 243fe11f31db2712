"""Which image managers hear of a procedure, and what: first RAD-4, then RAD-13."""

from __future__ import annotations

from orders.cause import Cause
from orders.lifecycle import WORKLIST_STATES, ExamState
from orders.models import Order
from radflow.messaging.models import OutboundMessage, Peer
from worklist.hl7.imaging import send_procedure
from worklist.models import Announcement, ReadingNotice, RoutingRule
from worklist.selectors.routing import rule_for

S = ExamState
# ORC-1 and ORC-5 of a change, by the state that the exam is in then.
_CHANGES: dict[str, tuple[str, str]] = {
    S.ORDERED: ("XO", "SC"),
    S.SCHEDULED: ("XO", "SC"),
    S.ARRIVED: ("XO", "SC"),
    S.READY: ("XO", "SC"),
    S.ON_HOLD: ("XO", "HD"),
    S.IN_PROGRESS: ("XO", "IP"),
    S.PERFORMED: ("XO", "CM"),
    S.CANCELLED: ("CA", "CA"),
    S.REPLACED: ("CA", "CA"),
    S.DISCONTINUED: ("DC", "CA"),
}
# The scanner's own messages tell of these (MPPS), and a check-in changes no schedule.
_SILENT = frozenset({S.ARRIVED, S.READY, S.IN_PROGRESS, S.PERFORMED})
# Their steps are closed, and still what the change is about.
_ENDED = frozenset({S.PERFORMED, S.CANCELLED, S.REPLACED, S.DISCONTINUED})


def announce_state(order: Order, cause: Cause) -> None:
    """After the state changed: a first announcement, or a change that matters."""
    for peer in _hearers():
        if not _is_announced(order, peer):
            _announce(order, peer, cause)
        elif order.status not in _SILENT:
            _send(order, peer, *_CHANGES[order.status], cause)


def announce_change(order: Order, cause: Cause) -> None:
    """After a move, or a change of what is to be done, in whatever state."""
    for peer in _hearers():
        if _is_announced(order, peer):
            _send(order, peer, *_CHANGES[order.status], cause)


def announce_performed(order: Order, cause: Cause) -> None:
    """To the reading services of the first rule that fits; without one to none."""
    rule = rule_for(order, RoutingRule.Kind.READING)
    for peer in rule.peers.all() if rule else []:
        if not (peer.enabled and peer.receives):
            continue
        known = _is_announced(order, peer)
        if not known:
            Announcement.objects.create(order=order, peer=peer)
        told = _CHANGES[S.PERFORMED] if known else ("NW", "CM")
        if message := _send(order, peer, *told, cause):
            assert rule is not None
            ReadingNotice.objects.create(
                order=order, peer=peer, message=message, why=rule.name
            )


def _hearers() -> list[Peer]:
    peers = Peer.objects.filter(wants_scheduling=True, enabled=True)
    return [peer for peer in peers.order_by("pk") if peer.receives]


def _is_announced(order: Order, peer: Peer) -> bool:
    return Announcement.objects.filter(order=order, peer=peer).exists()


def _announce(order: Order, peer: Peer, cause: Cause) -> None:
    """The first time a Study UID is told: once there is a step, or the exam runs."""
    if order.status == S.IN_PROGRESS:
        status = "IP"
    elif order.status in WORKLIST_STATES:
        status = "SC"
    else:
        return
    Announcement.objects.create(order=order, peer=peer)
    _send(order, peer, "NW", status, cause)


def _send(
    order: Order, peer: Peer, control: str, status: str, cause: Cause
) -> OutboundMessage | None:
    steps = order.steps.select_related("station__room")
    if order.status not in _ENDED:
        steps = steps.filter(closed=False)
    timeless = order.status == S.ORDERED
    return send_procedure(
        order=order,
        steps=[] if timeless else list(steps.order_by("start", "id")),
        peer=peer,
        control=control,
        status=status,
        cause=cause,
    )
