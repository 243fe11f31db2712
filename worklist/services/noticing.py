"""Who hears of an exam's appointment, and what: booked, moved, changed, ended (RAD-48).

What each was told last is kept, so a change is told once however it came about.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from orders.cause import Cause
from orders.hl7.outbound import NAMESPACE
from orders.lifecycle import Event, ExamState
from orders.models import Order
from orders.requests import EntityNumber
from radflow.messaging.models import InboundMessage, Peer
from worklist.hl7.outbound import (
    BOOKED,
    CANCELLED,
    CHANGED,
    MOVED,
    NO_SHOW,
    Appointment,
    send_appointment,
)
from worklist.lifecycle import HOLDS_ROOM
from worklist.models import AppointmentNotice, ExternalAppointment, ScheduledStep
from worklist.selectors.numbers import appointment_number
from worklist.services.said import slot_for

S = ExamState
_HAS_SLOT = frozenset({S.SCHEDULED, S.ARRIVED, S.READY, S.ON_HOLD})
# From here on the scanner's and the exam's own messages tell.
_SILENT = frozenset({S.IN_PROGRESS, S.PERFORMED})


@dataclass(frozen=True)
class _Told:
    """What there is to tell of a step; without a slot its appointment has ended."""

    appointment: Appointment
    slot: str = ""
    details: str = ""

    @property
    def is_booked(self) -> bool:
        return bool(self.slot)


def notice_appointment(order: Order, cause: Cause, event: Event | None = None) -> None:
    """After a change of the schedule, the exam's state, or what is to be done."""
    if order.status in _SILENT:
        return
    peers = Peer.objects.filter(wants_appointments=True, enabled=True).order_by("pk")
    hearers = [peer for peer in peers if peer.receives]
    if not hearers:
        return
    news = _News(order, cause, event, *_source(cause), _external(order))
    for step in order.steps.select_related("station__room").order_by("start", "id"):
        told = _what_is(news, step)
        for peer in hearers:
            _notice(news, step, told, peer)


@dataclass(frozen=True)
class _News:
    """A change and where it came from: `source` is a peer, `kind` its message."""

    order: Order
    cause: Cause
    event: Event | None
    source: int | None
    kind: str
    external: ExternalAppointment | None

    @property
    def is_from_scheduler(self) -> bool:
        return self.kind.startswith("SIU^")

    def is_known_to(self, peer: Peer) -> bool:
        """It did this itself: by its appointment, or its order where it books by it."""
        books = self.is_from_scheduler or peer.books_appointments
        return peer.pk == self.source and books

    def is_as_told(self, step: ScheduledStep) -> bool:
        """A scheduler's appointment as that tells it, which needs no second voice."""
        row = self.external
        if row is None or self.is_from_scheduler:
            return row is not None
        return row.placed and slot_for(row, self.order)[0] == step.start


def _source(cause: Cause) -> tuple[int | None, str]:
    if cause.inbound_id is None:
        return None, ""
    told_by = InboundMessage.objects.filter(pk=cause.inbound_id)
    return told_by.values_list("peer_id", "message_type").first() or (None, "")


def _external(order: Order) -> ExternalAppointment | None:
    rows = order.external_appointments.exclude(filler_namespace=NAMESPACE)
    return rows.order_by("-placed", "-id").first()


def _what_is(news: _News, step: ScheduledStep) -> _Told:
    order = step.order = news.order
    held = step.appointments.filter(state__in=HOLDS_ROOM).select_related("room").first()
    room = held.room if held else None
    appointment = Appointment(
        step=step,
        room=room,
        start=step.start,
        numbers=_numbers(step, news.external),
        persons=_persons(news.external),
    )
    is_timed = order.scheduled_start is not None and not step.closed
    if order.status not in _HAS_SLOT or not is_timed:
        return _Told(appointment)
    slot = (step.start, step.duration_minutes, step.station_ae_title, room and room.pk)
    details = (
        order.procedure_code,
        order.procedure_text,
        order.priority,
        order.ordering_provider,
        appointment.persons,
    )
    return _Told(appointment, _digest(slot), _digest(details))


def _numbers(
    step: ScheduledStep, external: ExternalAppointment | None
) -> tuple[EntityNumber, EntityNumber]:
    """Its scheduler's where it has one, and for the exam's first step."""
    if external is None or step.order.steps.order_by("pk").first() != step:
        return ("", ""), (appointment_number(step), NAMESPACE)
    return (
        (external.placer_id, external.placer_namespace),
        (external.filler_id, external.filler_namespace),
    )


def _persons(external: ExternalAppointment | None) -> list[tuple[str, ...]]:
    told = external.said.get("resources", []) if external else []
    return [tuple(names) for kind, names in told if kind == "AIP"]


def _digest(values: tuple[object, ...]) -> str:
    plain = [str(v.timestamp()) if isinstance(v, datetime) else str(v) for v in values]
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()


def _notice(news: _News, step: ScheduledStep, told: _Told, peer: Peer) -> None:
    last = AppointmentNotice.objects.filter(step=step, peer=peer).first()
    kind = _kind(last, told, news.event)
    if not kind:
        return
    notice = last or AppointmentNotice(step=step, peer=peer)
    notice.booked = told.is_booked
    notice.slot, notice.details = told.slot, told.details
    notice.told_at = news.cause.at
    notice.save()
    is_news = last is not None or not news.is_as_told(step)
    if news.is_known_to(peer) or (news.external and news.is_from_scheduler):
        is_news = False
    if is_news:
        send_appointment(
            appointment=told.appointment,
            event=kind,
            peer=peer,
            cause=news.cause,
        )


def _kind(last: AppointmentNotice | None, told: _Told, event: Event | None) -> str:
    was_booked = last is not None and last.booked
    if not told.is_booked:
        ended = NO_SHOW if event is Event.NO_SHOW else CANCELLED
        return ended if was_booked else ""
    if last is None or not was_booked:
        # A walk-in was never on the schedule.
        return "" if event is Event.ARRIVE else BOOKED
    if last.slot != told.slot:
        return MOVED
    return CHANGED if last.details != told.details else ""
