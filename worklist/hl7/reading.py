"""SCH, TQ1 and the resources of an SIU read into a request (standards.md 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from orders.hl7.patients import event_time, read_patient
from orders.requests import EntityNumber, PatientRequest
from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import CWE, EI, XCN, Timestamp, parse_ts
from radflow.hl7.message import NULL, Message, Segment
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.routes import Inbound
from worklist.lifecycle import AppointmentEvent
from worklist.requests import AppointmentRequest, Resource, Scope, Service

E = AppointmentEvent
EVENTS: dict[str, AppointmentEvent] = {
    "S12": E.BOOK,
    "S13": E.MOVE,
    "S14": E.MODIFY,
    "S15": E.CANCEL,
    "S16": E.CANCEL,
    "S17": E.DELETE,
    "S18": E.MODIFY,
    "S19": E.MODIFY,
    "S20": E.MODIFY,
    "S21": E.MODIFY,
    "S22": E.MODIFY,
    "S23": E.BOOK,
    "S24": E.CANCEL,
    "S26": E.NO_SHOW,
}
_ENDS = frozenset({E.CANCEL, E.DELETE, E.NO_SHOW})
_SCOPES = {
    "S18": Scope.ADDED,
    "S19": Scope.ADDED,
    "S20": Scope.REMOVED,
    "S21": Scope.REMOVED,
    "S22": Scope.REMOVED,
}
_PENDING = frozenset({"PENDING", "WAITLIST"})  # SCH-25, table 0278
_SECONDS = {"S": 1, "SEC": 1, "SECOND": 1, "SECONDS": 1, "H": 3600, "HR": 3600}
_SECONDS |= {"HOUR": 3600, "HOURS": 3600, "HRS": 3600}
# Where a sender's own mapping may say that the device or the room stands.
_PLACE_KEYS = ("station_ae", "station_name", "location")
MAPPED = "MAP"
_PLACES = {"AIG": ((3, 1), (3, 2)), "AIL": ((3, 1), (3, 2), (3, 3), (3, 9))}
MOST_KEPT = 50
_LONGEST = 24 * 60
_FAR = timedelta(days=5 * 366)

FAR = gettext_noop(
    "The appointment is more than five years away. Correct its time at the sender."
)
NO_HOUR = gettext_noop(
    "The appointment names a day without an hour, so it makes no slot. Correct it at "
    "the sender."
)
_NO_END = gettext_noop("The appointment’s end or duration was not usable: left out")
_TOO_MANY = gettext_noop("More services and resources than are kept: the rest left out")


def read_appointment(inbound: Inbound) -> AppointmentRequest:
    """Raises Parked where a person or a time is told and cannot be read."""
    return _Reader(inbound.message, inbound.peer).request()


@dataclass
class _Reader:
    message: Message
    peer: Peer
    warnings: list[str] = field(default_factory=list)

    def request(self) -> AppointmentRequest:
        sch = self.message.first("SCH")
        if sch is None:
            raise Parked("100", gettext_noop("Segment SCH is missing."), "SCH^1")
        event = self.message.message_type.partition("^")[2]
        services = tuple(self._services())
        start, minutes = self._slot(sch, services)
        return AppointmentRequest(
            event=EVENTS[event],
            placer=_number(EI.of(sch, 1)),
            filler=_number(EI.of(sch, 2)),
            placer_orders=_numbers(sch, 26),
            filler_orders=_numbers(sch, 27),
            pending=sch.value(25).upper() in _PENDING,
            start=start,
            minutes=minutes,
            services=services,
            resources=tuple(self._resources()),
            scope=_SCOPES.get(event, Scope.ALL),
            reason=_reason(sch),
            patient=self._patient(),
            event_time=event_time(self.message, self.peer),
            warnings=tuple(dict.fromkeys(self.warnings)),
        )

    def _patient(self) -> PatientRequest | None:
        people = self.message.all("PID")
        if len(people) > 1:
            text = gettext_noop(
                "The appointment is for several patients. Book each of them by hand."
            )
            raise Parked("100", text, "PID^2", holds=False)
        return read_patient(self.message, self.peer) if people else None

    def _slot(
        self, sch: Segment, services: tuple[Service, ...]
    ) -> tuple[datetime | None, int | None]:
        """TQ1, else SCH-11; without either the first service's own.

        What ends an appointment needs no time, and is not held up by an odd one.
        """
        if self._ends():
            return None, None
        tq1 = self.message.first("TQ1")
        told = [(tq1.value(7), tq1.value(8))] if tq1 else []
        told.append((sch.value(11, 4), sch.value(11, 5)))
        begins, ends = next((one for one in told if one[0]), ("", ""))
        minutes = self._minutes(sch.value(9), sch.value(10))
        if not begins:
            timed = next((one for one in services if one.start), Service())
            return timed.start, minutes or timed.minutes
        start = self._start(begins, "TQ1^1^7" if tq1 and tq1.value(7) else "SCH^1^11")
        return start, self._until(start, ends) or minutes

    def _start(self, text: str, where: str) -> datetime:
        try:
            stamp = self._time(text)
        except HL7Error as error:
            said = gettext_noop(
                "The appointment’s time cannot be read. Correct it at the sender."
            )
            raise Parked(error.code, said, where) from error
        if stamp.precision in ("year", "month", "day"):
            raise Parked("102", NO_HOUR, where)
        if abs(stamp.value - datetime.now(UTC)) > _FAR:
            raise Parked("102", FAR, where)
        self.warnings += stamp.warnings
        return stamp.value

    def _time(self, text: str) -> Timestamp:
        return parse_ts(
            text,
            zone=ZoneInfo(self.peer.time_zone),
            message_time=self.message.message_time,
        )

    def _until(self, start: datetime, text: str) -> int | None:
        """Minutes to the end; None, with a warning, where that makes no sense."""
        if text in ("", NULL):
            return None
        try:
            minutes = int((self._time(text).value - start).total_seconds() // 60)
        except HL7Error:
            minutes = 0
        return self._sensible(minutes)

    def _minutes(self, amount: str, unit: str) -> int | None:
        """Minutes unless the unit says seconds or hours."""
        if amount in ("", NULL):
            return None
        try:
            number = float(amount)
            seconds = number * _SECONDS.get(unit.upper().strip("."), 60)
            return self._sensible(round(seconds / 60))
        except (ValueError, OverflowError):
            return self._sensible(0)

    def _sensible(self, minutes: int) -> int | None:
        if 1 <= minutes <= _LONGEST:
            return minutes
        self.warnings.append(_NO_END)
        return None

    def _services(self) -> Iterator[Service]:
        for segment in self._kept("AIS"):
            what = CWE.of(segment, 3)
            own = "" if self._ends() else segment.value(4).replace(NULL, "")
            yield Service(
                code=what.code[:64],
                text=what.text[:200],
                start=self._start(own, "AIS^1^4") if own else None,
                minutes=self._minutes(segment.value(7), segment.value(8)),
            )

    def _resources(self) -> Iterator[Resource]:
        if mapped := tuple(self._mapped()):
            yield Resource(MAPPED, mapped)
        for kind, places in _PLACES.items():
            for segment in self._kept(kind):
                names = (segment.value(*place) for place in places)
                if found := tuple(n[:64] for n in names if n not in ("", NULL)):
                    yield Resource(kind, found)
        for segment in self._kept("AIP"):
            person = XCN.of(segment, 3)
            if person.id or person.family:
                yield Resource("AIP", (person.id, person.family, person.given))

    def _mapped(self) -> Iterator[str]:
        for key in _PLACE_KEYS:
            for path in self.peer.mapping.get(key, []):
                name, _, rest = path.partition("-")
                number, _, component = rest.partition(".")
                segment = self.message.first(name) if name in _OWN_SEGMENTS else None
                value = (
                    segment.value(int(number), int(component or 1)) if segment else ""
                )
                if value not in ("", NULL):
                    yield value[:64]

    def _kept(self, name: str) -> list[Segment]:
        """Without those that the message takes away (action code D)."""
        found, group = [], ""
        for segment in self.message.segments:
            if segment.name == "RGS":
                group = segment.value(2)
            elif segment.name == name and (segment.value(2) or group) != "D":
                found.append(segment)
        if self._takes_away():
            found = self.message.all(name)
        if len(found) > MOST_KEPT:
            self.warnings.append(_TOO_MANY)
        return found[:MOST_KEPT]

    def _ends(self) -> bool:
        return EVENTS[self.message.message_type.partition("^")[2]] in _ENDS

    def _takes_away(self) -> bool:
        """Where the whole message does, its resources say what it is about."""
        event = self.message.message_type.partition("^")[2]
        return event not in ("S12", "S13", "S14", "S18", "S19", "S23")


_OWN_SEGMENTS = frozenset({"SCH", "RGS", "AIS", "AIG", "AIL", "AIP"})


def _number(told: EI) -> EntityNumber:
    return told.id.strip(), told.namespace.strip() or told.universal_id.strip()


def _numbers(sch: Segment, number: int) -> tuple[EntityNumber, ...]:
    found = (_number(told) for told in EI.all(sch, number))
    return tuple(dict.fromkeys(one for one in found if one[0]))[:MOST_KEPT]


def _reason(sch: Segment) -> str:
    """SCH-6, why this message, then SCH-7, why the appointment."""
    told = (CWE.of(sch, number) for number in (6, 7))
    return ", ".join(dict.fromkeys(t for one in told if (t := one.text or one.code)))
