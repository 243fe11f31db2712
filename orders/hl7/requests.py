"""An order group (ORC, OBR, TQ1, IPC, ZDS ...) read into an OrderRequest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from orders.hl7.measures import HEIGHT, WEIGHT, Measure
from orders.hl7.profiles import Mapping
from orders.requests import (
    Code,
    EntityNumber,
    OrderRequest,
    ScheduleRequest,
    Sources,
)
from orders.selectors import known_procedure
from radflow.hl7.errors import HL7Error
from radflow.hl7.fields import CWE, EI, XCN, parse_ts
from radflow.hl7.groups import OrderGroup
from radflow.hl7.message import NULL, Message, Segment
from radflow.messaging.contracts.targets import is_uid
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import HL70074, Paths

ACCESSION_LENGTH = 16
# DICOM defined terms (PS3.3 C.7.3.1.1.1) that a scheduled step can have.
MODALITIES = frozenset(
    "AR AU BDUS BI BMD CR CT DX ECG EPS ES GM HC IO IVOCT IVUS LEN LS MG MR NM OCT "
    "OP OPT OT PT PX RF RG SM TG US VL XA XC".split()
)
# Table 0074 where it is not a DICOM term (standards.md 3.3, conflict of OBR-24).
FROM_0074 = {
    "NMR": "MR",
    "RUS": "US",
    "OUS": "US",
    "VUS": "US",
    "CUS": "US",
    "NMS": "NM",
    "RX": "DX",
    "XRC": "RF",
}
_SIDES = {
    "LT": "LEFT",
    "L": "LEFT",
    "LEFT": "LEFT",
    "RT": "RIGHT",
    "R": "RIGHT",
    "RIGHT": "RIGHT",
    "BI": "BOTH",
    "B": "BOTH",
    "50": "BOTH",
}
# The same table where the sender means it: its PT is no PET and its SR no report.
TABLE_0074 = {**FROM_0074, "CT": "CT"}
UNSPECIFIED = "RAD"
_PRIORITIES = frozenset("SARPCT")
# Where the values of an order stand, beside those of the sender's mapping.
_SOURCES: dict[str, Paths] = {
    "placer_order_number": ("ORC-2.1", "OBR-2.1"),
    "placer_group_number": ("ORC-4.1",),
    "laterality": ("OBR-45.1", "OBR-15.5", "OBR-15.4"),
    "reason": ("OBR-31.2", "OBR-31.1", "DG1-3.2", "DG1-3.1"),
    "clinical_info": ("OBR-13.1",),
    "danger_code": ("OBR-12.2", "OBR-12.1"),
    "transport": ("OBR-30.1",),
    "ordering_provider": ("ORC-12.1", "OBR-16.1"),
    "entered_by": ("ORC-10.1",),
    "callback": ("ORC-14.1", "OBR-17.1"),
    "entering_organization": ("ORC-17.2", "ORC-17.1"),
    "parent": ("ORC-8.1",),
}
_MAPPED = (
    ("accession_number", "accession"),
    ("requested_procedure_id", "requested_procedure_id"),
    ("study_instance_uid", "study_uid"),
    ("procedure_code", "procedure"),
    ("protocol_code", "protocol"),
    ("modality", "modality"),
    ("priority", "priority"),
    ("requested_start", "start"),
)
_END = ("TQ1-8.1", "ORC-7.5", "OBR-27.5")


@dataclass(frozen=True)
class Reader:
    """Reads one order group through the sender's mapping."""

    group: OrderGroup
    message: Message
    mapping: Mapping
    peer: Peer
    # Segment index and field of what a Z contract finds faulty.
    refused: frozenset[tuple[int, int]] = frozenset()

    def request(self) -> OrderRequest:
        """The order as asked for; raises Parked on what must not be guessed."""
        placer = self.placer()
        obr = self.group.obr
        return OrderRequest(
            sender_application=self.message.sending_application,
            sender_facility=self.message.sending_facility,
            placer_order_number=placer.id,
            placer_namespace=placer.namespace,
            placer_group_number=self.value(("ORC-4.1",)),
            filler_order_number=self.value(("ORC-3.1", "OBR-3.1")),
            accession_number=self.accession(),
            requested_procedure_id=_fit(
                self.value(self.mapping.requested_procedure_id)
            ),
            study_instance_uid=self.study_uid(),
            procedure=self.procedure(),
            protocol=self._code(self.mapping.protocol),
            modality=self.modality(),
            laterality=self._side(),
            priority=self._priority(),
            reason=self._reason(),
            clinical_info=_text(obr, 13),
            danger_code=_text(obr, 12, 2) or _text(obr, 12),
            comments="\n".join(_text(nte, 3) for nte in self.group.nte).strip(),
            transport=_text(obr, 30),
            ordering_provider=self._provider(),
            entered_by=self._name("ORC-10"),
            callback=self.value(("ORC-14.1", "OBR-17.1")),
            entering_organization=self.value(("ORC-17.2", "ORC-17.1")),
            weight_kg=self._measure(WEIGHT),
            height_m=self._measure(HEIGHT),
            event_time=self.event_time(),
            requested_start=self._time(*self.mapping.start),
            schedule=self.schedule(),
            parent=self.parent(),
            sources=self.sources(),
        )

    def sources(self) -> Sources:
        """The field that each of the order's values was read from."""
        mapping = self.mapping
        paths = {**_SOURCES, **{name: getattr(mapping, key) for name, key in _MAPPED}}
        found = {"comments": "NTE-3"} if self.group.nte else {}
        for name, wanted in paths.items():
            if path := next((one for one in wanted if self.value((one,))), ""):
                found[name] = path
        return found | self._beside_code(found.get("procedure_code", ""))

    def _beside_code(self, path: str) -> dict[str, str]:
        """Text and system stand beside the code, in the same field."""
        field, _, component = path.partition(".")
        if component != "1":
            return {}
        beside = {"procedure_text": f"{field}.2", "procedure_system": f"{field}.3"}
        return {name: where for name, where in beside.items() if self.value((where,))}

    def parent(self) -> EntityNumber:
        """ORC-8: the placer number of the order that this is a child of."""
        orc = self.group.orc
        return (orc.value(8, 1, 1), orc.value(8, 1, 2)) if orc else ("", "")

    def value(self, paths: Paths) -> str:
        """The first of these fields that has a value; HL7 null counts as none."""
        for path in paths:
            value = self._one(path)
            if value and value != NULL:
                return value
        return ""

    def _one(self, path: str) -> str:
        segment, number, component = _split(path)
        found = self._segment(segment)
        if found is None or (found.index, number) in self.refused:
            return ""
        return found.value(number, component)

    def _segment(self, name: str) -> Segment | None:
        group = self.group
        single = {"ORC": group.orc, "OBR": group.obr, "ZDS": group.zds}
        if name in single:
            return single[name]
        many = {"TQ1": group.tq1, "IPC": group.ipc, "DG1": group.dg1}
        if name in many:
            return next(iter(many[name]), None)
        own = (segment for segment in group.others if segment.name == name)
        return next(own, None) or self.message.first(name)

    def placer(self) -> EI:
        """ORC-2 and OBR-2 are one number; two different ones are refused."""
        orc = EI.of(self.group.orc, 2) if self.group.orc else EI()
        obr = EI.of(self.group.obr, 2) if self.group.obr else EI()
        if orc.id and obr.id and orc.id != obr.id:
            raise Parked(
                "102",
                gettext_noop("ORC-2 and OBR-2 name two different placer orders."),
                "ORC^1^2",
            )
        return orc if orc.id else obr

    def accession(self) -> str:
        value = self.value(self.mapping.accession)
        if len(value) > ACCESSION_LENGTH:
            raise Parked(
                "102",
                gettext_noop(
                    "The accession number has more than 16 characters and cannot go to "
                    "a scanner. It is never cut: the sender must give a shorter one."
                ),
                location(self.mapping.accession[0]),
            )
        return value

    def study_uid(self) -> str:
        value = self.value(self.mapping.study_uid)
        return value if is_uid(value) else ""

    def modality(self) -> str:
        value = self.value(self.mapping.modality).upper()
        if self.mapping.obr24 == HL70074:
            return self._of_table_0074(value)
        return value if value in MODALITIES else FROM_0074.get(value, "")

    def _of_table_0074(self, value: str) -> str:
        """RAD says nothing: only the catalogue knows which modality is meant."""
        if value != UNSPECIFIED:
            return TABLE_0074.get(value, "")
        known = known_procedure(self.procedure(), self.peer)
        if not (known and known.modality):
            raise Parked(
                "103",
                gettext_noop(
                    "The modality is RAD, which names none, and the procedure "
                    "catalogue does not know this code. Map the code; the message then"
                    " goes on."
                ),
                location(self.mapping.modality[0]),
            )
        return ""

    def schedule(self) -> ScheduleRequest:
        """When and where, as the sender's mapping finds it."""
        return ScheduleRequest(
            start=self._time(*self.mapping.start, exact=True),
            end=self._time(*_END, exact=True),
            station_ae_title=_fit(self.value(self.mapping.station_ae)),
            station_name=_fit(self.value(self.mapping.station_name)),
            location=_fit(self.value(self.mapping.location)),
            step_id=_fit(self.value(self.mapping.step_id)),
            modality=self.modality(),
            protocol=self._code(self.mapping.protocol),
            may_overlap=self.peer.books_appointments,
        )

    def _time(
        self, *paths: str, planned: bool = True, exact: bool = False
    ) -> datetime | None:
        """The first time told; None for a day without an hour if `exact`."""
        path = next((path for path in paths if self.value((path,))), "")
        if not path:
            return None
        try:
            stamp = parse_ts(
                self.value((path,)),
                zone=ZoneInfo(self.peer.time_zone),
                message_time=self.message.message_time,
                planned=planned,
            )
        except HL7Error as error:
            text = f"{path} should hold a time and does not. Correct it at the sender."
            raise Parked(error.code, text, location(path)) from error
        if exact and stamp.precision in ("year", "month", "day"):
            return None
        if not planned and stamp.value > datetime.now(UTC) + timedelta(minutes=5):
            return datetime.now(UTC)
        return stamp.value

    def event_time(self) -> datetime | None:
        """ORC-9, else MSH-7 (section 5.4); a slot time is never an event time."""
        if told := self._time("ORC-9.1", planned=False):
            return told
        zone = ZoneInfo(self.peer.time_zone)
        try:
            return parse_ts(self.message.message_time, zone=zone).value
        except HL7Error:
            return None

    def _code(self, paths: Paths) -> Code:
        """A coded element that starts at the component the path names."""
        for path in paths:
            name, number, first = _split(path)
            segment = self._segment(name)
            if segment is None or not segment.value(number, first):
                continue
            parts = [segment.value(number, first + i) for i in range(3)]
            return Code(parts[0][:64], parts[1], parts[2][:64])
        return Code()

    def procedure(self) -> Code:
        code = self._code(self.mapping.procedure)
        if not code.code:
            text = self.value(("OBR-4.2", "OBR-44.2"))
            return Code(text[:64], text, "") if text else Code()
        return code

    def _side(self) -> str:
        value = self.value(("OBR-45.1", "OBR-15.5", "OBR-15.4")).upper()
        return _SIDES.get(value, "")

    def _priority(self) -> str:
        value = self.value(self.mapping.priority).upper()
        return value[:1] if value[:1] in _PRIORITIES else ""

    def _reason(self) -> Code:
        """OBR-31, often text alone; else the diagnosis."""
        for segment, number in ((self.group.obr, 31), (self._segment("DG1"), 3)):
            told = CWE.of(segment, number) if segment else CWE()
            if told.code or told.text:
                return Code(told.code[:64], told.text or told.code, told.system[:64])
        return Code()

    def _provider(self) -> dict[str, str]:
        for segment, number in ((self.group.orc, 12), (self.group.obr, 16)):
            if segment is None or not segment.raw_field(number):
                continue
            name = XCN.of(segment, number)
            keys = ("id", "family", "given", "middle", "suffix", "prefix")
            return {key: value for key in keys if (value := getattr(name, key))}
        return {}

    def _name(self, path: str) -> str:
        segment, number, _ = _split(path)
        found = self._segment(segment)
        name = XCN.of(found, number) if found else XCN()
        return " ".join(part for part in (name.given, name.family) if part)

    def _measure(self, kind: Measure) -> Decimal | None:
        for obx in self.group.obx:
            if kind.is_told_by(obx):
                return kind.read(obx.value(5), obx.value(6, 1))
        return None


def _split(path: str) -> tuple[str, int, int]:
    segment, _, rest = path.partition("-")
    number, _, component = rest.partition(".")
    return segment, int(number), int(component or 1)


def location(path: str) -> str:
    segment, number, _ = _split(path)
    return f"{segment}^1^{number}"


def _text(segment: Segment | None, number: int, component: int = 1) -> str:
    value = segment.value(number, component) if segment else ""
    return "" if value == NULL else value


def _fit(value: str) -> str:
    """An identifier for DICOM SH or AE: 16 characters, never cut (D9)."""
    if len(value) > 16:
        raise Parked(
            "102",
            gettext_noop(
                "An identifier of the scheduled step has more than 16 characters and "
                "cannot go to a scanner. The sender must give a shorter one."
            ),
        )
    return value
