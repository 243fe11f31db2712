"""Appointments for those who asked to hear of them: SIU (RAD-48; standards.md 3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orders.cause import Cause
from orders.hl7.outbound import (
    NAMESPACE,
    OWN_CODES,
    filler,
    key_of,
    note_sent,
    pid,
    placer,
    procedure,
    provider,
)
from orders.models import Order
from orders.requests import EntityNumber
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.models import Peer
from radflow.messaging.services import enqueue
from worklist.hl7.imaging import pv1
from worklist.models import Room, ScheduledStep, Station

BOOKED, MOVED, CHANGED, CANCELLED, NO_SHOW = "S12", "S13", "S14", "S15", "S26"
_EVENTS = {
    BOOKED: "Appointment booked",
    MOVED: "Appointment moved",
    CHANGED: "Appointment changed",
    CANCELLED: "Appointment cancelled",
    NO_SHOW: "Patient did not come",
}
# SCH-25, table 0278: codes and texts.
_STATUS = {
    CANCELLED: ("Cancelled", "Cancelled", "HL70278"),
    NO_SHOW: ("Noshow", "No show", "HL70278"),
}
_BOOKED = ("Booked", "Booked", "HL70278")
# Action code of the resources, table 0206.
_ACTIONS = {BOOKED: "A", CANCELLED: "D", NO_SHOW: "D"}
_ROUTINE = ("ROUTINE", "Routine", "HL70276")
_NORMAL = ("Normal", "Normal", "HL70277")
_MINUTES = ("min", "minute", "UCUM")


@dataclass(frozen=True)
class Appointment:
    """A step with its time as it is told; `numbers` are SCH-1 and SCH-2.

    `persons` are id, family and given name, as the scheduler gave them.
    """

    step: ScheduledStep
    room: Room | None
    start: datetime
    numbers: tuple[EntityNumber, EntityNumber]
    persons: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def order(self) -> Order:
        return self.step.order

    @property
    def station(self) -> Station | None:
        return self.step.station

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.step.duration_minutes)


def send_appointment(
    *, appointment: Appointment, event: str, peer: Peer, cause: Cause
) -> None:
    modern = peer.version_out != "2.3.1"
    order = appointment.order
    message = enqueue(
        peer=peer,
        message_type=f"SIU^{event}",
        structure="SIU_S12" if modern else "",
        segments=[
            _sch(appointment, event, cause, modern=modern),
            *([_tq1(appointment)] if modern else []),
            pid(order.patient),
            pv1(order),
            *_resources(appointment, event),
        ],
        key=key_of(order),
        order_ids=[order.pk],
    )
    if message:
        note_sent(order, message.pk, cause, f"SIU^{event} to {peer.name}")


def _sch(appointment: Appointment, event: str, cause: Cause, *, modern: bool) -> str:
    """2.3.1 has no field for the order: there SCH-1 is its placer number."""
    order, step = appointment.order, appointment.step
    placer_id, filler_id = appointment.numbers
    who = _who(cause)
    values: dict[int, Value] = {
        1: placer_id,
        2: filler_id,
        6: (event, _EVENTS[event], OWN_CODES),
        7: _ROUTINE,
        8: _NORMAL,
        9: str(step.duration_minutes),
        10: _MINUTES,
        16: who,
        20: who,
        25: _STATUS.get(event, _BOOKED),
    }
    if modern:
        values |= {26: placer(order), 27: filler(order)}
    else:
        lasts = f"M{step.duration_minutes}"
        start, end = format_ts(appointment.start), format_ts(appointment.end)
        values |= {
            1: placer_id if any(placer_id) else placer(order),
            11: ("1", "", lasts, start, end, order.priority),
        }
    return segment("SCH", values)


def _who(cause: Cause) -> tuple[str, ...]:
    if cause.user is None:
        return ("", NAMESPACE)
    user = cause.user
    return (user.username, user.last_name, user.first_name)


def _tq1(appointment: Appointment) -> str:
    return segment(
        "TQ1",
        {
            1: "1",
            7: format_ts(appointment.start),
            8: format_ts(appointment.end),
            9: (appointment.order.priority, "", "HL70485"),
        },
    )


def _resources(appointment: Appointment, event: str) -> list[str]:
    """One group: the service, its scanner, its room, its people."""
    order, action = appointment.order, _ACTIONS.get(event, "U")
    start, lasts = format_ts(appointment.start), str(appointment.step.duration_minutes)
    found = [
        segment("RGS", {1: "1", 2: action}),
        segment(
            "AIS",
            {
                1: "1",
                2: action,
                3: procedure(order),
                4: start,
                7: lasts,
                8: _MINUTES,
                10: _STATUS.get(event, _BOOKED),
            },
        ),
    ]
    if station := appointment.station:
        found.append(
            segment(
                "AIG",
                {
                    1: "1",
                    2: action,
                    3: (station.ae_title, station.name, OWN_CODES),
                    4: (station.modality, "Modality", OWN_CODES),
                    8: start,
                    11: lasts,
                    12: _MINUTES,
                },
            )
        )
    if room := appointment.room:
        place = (room.location or room.name, room.name)
        values: dict[int, Value] = {1: "1", 2: action, 3: place, 4: _ROOM, 6: start}
        found.append(segment("AIL", values))
    return [*found, *_persons(appointment, action, start)]


_ROOM = ("ROOM", "Room", OWN_CODES)
_STAFF = ("STAFF", "Staff", OWN_CODES)
_ORDERING = ("ORDERING", "Ordering provider", OWN_CODES)


def _persons(appointment: Appointment, action: str, start: str) -> list[str]:
    """Those whom its scheduler named; of ours, who ordered it is known alone."""
    named = [(person, _STAFF) for person in appointment.persons]
    ordered_by = provider(appointment.order)
    if not named and any(ordered_by):
        named = [(ordered_by, _ORDERING)]
    return [
        segment("AIP", {1: str(number), 2: action, 3: who, 4: role, 6: start})
        for number, (who, role) in enumerate(named, start=1)
    ]
