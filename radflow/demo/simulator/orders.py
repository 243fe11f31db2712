"""Order messages as three kinds of hospital system would send them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from radflow.demo.cast import AUTHORITY, Person
from radflow.hl7.build import Value, build, msh, segment
from radflow.hl7.fields import format_ts

SYSTEM = "99RADFLOW"


@dataclass(frozen=True)
class Wanted:
    """One exam that a ward asks for; `start` aware, None leaves it to the desk."""

    number: str
    person: Person
    code: str
    text: str
    modality: str
    station_ae: str
    priority: str
    reason: str
    start: datetime | None
    now: datetime

    @property
    def accession(self) -> str:
        return f"H{self.number[-8:]}"

    @property
    def study_uid(self) -> str:
        return f"2.25.{int(self.number[-12:], 36)}{self.now:%Y%m%d%H%M%S}"


def new_order(wanted: Wanted, control_id: str, dialect: str) -> bytes:
    """`orm-231`, `oml-251` or `omi-251`; MSH-10 is `control_id`."""
    version = "2.3.1" if dialect == "orm-231" else "2.5.1"
    kind = {"orm-231": "ORM^O01", "oml-251": "OML^O21", "omi-251": "OMI^O23"}[dialect]
    head = msh(
        # The emergency department has an older system of its own.
        sending_application="EDX" if dialect == "orm-231" else "EHRX",
        sending_facility=AUTHORITY,
        receiving_application="RADFLOW",
        receiving_facility="RADDEPT",
        time=wanted.now,
        message_type=kind,
        structure="" if version == "2.3.1" else kind.replace("^", "_"),
        control_id=control_id,
        processing_id="P",
        version=version,
        charset="UNICODE UTF-8",
    )
    return build([head, *_patient(wanted), *_order(wanted, dialect)])


def _patient(wanted: Wanted) -> list[str]:
    person = wanted.person
    lines = [
        _pid(person),
        segment(
            "PV1", {1: "1", 2: "O", 3: (person.ward,), 19: f"V{wanted.number[-9:]}"}
        ),
    ]
    if person.allergy:
        lines.append(segment("AL1", {1: "1", 2: "DA", 3: ("", person.allergy)}))
    return lines


def _pid(person: Person) -> str:
    return segment(
        "PID",
        {
            1: "1",
            3: (person.mrn, "", "", AUTHORITY, "MR"),
            5: (person.family, person.given),
            7: f"{person.birth_date:%Y%m%d}",
            8: person.sex,
        },
    )


def _order(wanted: Wanted, dialect: str) -> list[str]:
    start = format_ts(wanted.start) if wanted.start else ""
    orc: dict[int, Value] = {
        1: "NW",
        2: (wanted.number, "EHRX"),
        9: format_ts(wanted.now),
        12: ("3002", "Fox", "Sam", "", "", "Dr"),
    }
    obr: dict[int, Value] = {
        1: "1",
        2: (wanted.number, "EHRX"),
        4: (wanted.code, wanted.text, SYSTEM),
        16: ("3002", "Fox", "Sam", "", "", "Dr"),
        31: ("", wanted.reason),
    }
    if dialect == "orm-231":
        orc[7] = ("1", "", "", start, "", wanted.priority)
        obr |= {18: wanted.accession, 24: wanted.modality}
        uid = segment("ZDS", {1: (wanted.study_uid, "EHRX", "Application", "DICOM")})
        return [segment("ORC", orc), segment("OBR", obr), uid]
    timing = segment("TQ1", {1: "1", 7: start, 9: wanted.priority})
    lines = [segment("ORC", orc), timing, segment("OBR", {**obr, 24: wanted.modality})]
    return [*lines, _ipc(wanted)] if dialect == "omi-251" else lines


def _ipc(wanted: Wanted) -> str:
    return segment(
        "IPC",
        {
            1: (wanted.accession, "EHRX"),
            2: f"RP{wanted.number[-8:]}",
            3: wanted.study_uid,
            4: f"S{wanted.number[-8:]}",
            5: wanted.modality,
            6: (wanted.code, wanted.text, SYSTEM),
            9: wanted.station_ae,
        },
    )


def admission(person: Person, control_id: str, now: datetime) -> bytes:
    """ADT^A08 of the patient administration: the person as it knows them."""
    head = msh(
        sending_application="ADTX",
        sending_facility=AUTHORITY,
        receiving_application="RADFLOW",
        receiving_facility="RADDEPT",
        time=now,
        message_type="ADT^A08",
        structure="ADT_A01",
        control_id=control_id,
        processing_id="P",
        version="2.5.1",
        charset="UNICODE UTF-8",
    )
    return build([head, segment("EVN", {2: format_ts(now)}), _pid(person), "PV1|1|N"])


def bad_message(control_id: str, now: datetime) -> bytes:
    """One of the mistakes that interfaces make: refused, or parked for a human."""
    person = "PID|1||00123456^^^GENHOSP^MR||Somebody^Else||19300101|M"
    head = f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|{format_ts(now)}||"
    tail = f"|{control_id}|P|2.5.1"
    kinds = [
        f"{head}ORM^O01{tail}\rPID|1\rORC|NW|X{control_id}\rOBR|1|||CTHEAD\r",
        f"{head}ORM^O01{tail}\r{person}\rORC|NW|X{control_id}\rOBR|1|||CTHEAD\r",
        f"{head}ORM^O01{tail}\r{person}\rORC|CA|NOSUCH{control_id}\r",
        f"{head}BAR^P01{tail}\r{person}\r",
    ]
    return random.choice(kinds).encode()
