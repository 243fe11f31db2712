"""Ten exams and what queries of every kind of matching must find among them.

The rules are PS3.4 C.2.2.2 and K.6.1.2: the expected sets are written out by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orders.requests import Code, Identifier, ScheduleRequest
from tests.factories import StationFactory, make_order, patient_request
from worklist.models import Station

NAMES = {
    "A": "Müller^Jörg^^Dr",
    "B": "MULLER^ANNA",
    "C": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "D": "O'Neil^Mary Ann",
    "E": "Ångström^Zoë",
}
_UID = "1.2.826.0.1.3680043.10.54321.9."


@dataclass(frozen=True)
class Exam:
    """One item in the words of its answer."""

    number: int
    person: str
    modality: str
    ae_title: str
    date: str
    time: str
    text: str

    @property
    def accession(self) -> str:
        return f"LIB{self.number:02}"

    @property
    def top(self) -> dict[str, str]:
        return {
            "AccessionNumber": self.accession,
            "PatientName": NAMES[self.person],
            "PatientID": f"LIB-{self.person}",
            "PatientBirthDate": "19700102",
            "PatientSex": "F",
            "StudyInstanceUID": f"{_UID}{self.number}",
            "RequestedProcedureDescription": self.text,
            "RequestedProcedurePriority": "ROUTINE",
        }

    @property
    def step(self) -> dict[str, str]:
        return {
            "Modality": self.modality,
            "ScheduledStationAETitle": self.ae_title,
            "ScheduledProcedureStepStartDate": self.date,
            "ScheduledProcedureStepStartTime": self.time,
            "ScheduledProcedureStepStatus": "SCHEDULED",
        }


EXAMS = (
    Exam(1, "A", "CT", "CT1_AE", "20260705", "080000", "CT chest"),
    Exam(2, "A", "MR", "MR1_AE", "20260706", "093000", "MR knee"),
    Exam(3, "B", "CT", "CT1_AE", "20260705", "103000", "CT head"),
    Exam(4, "B", "CT", "CT2_AE", "20260706", "120000", "CT abdomen"),
    Exam(5, "C", "US", "US1_AE", "20260706", "235900", "US liver"),
    Exam(6, "C", "CT", "CT2_AE", "20260707", "000000", "CT chest"),
    Exam(7, "D", "MR", "MR1_AE", "20260707", "180000", "MR brain"),
    Exam(8, "D", "CT", "CT1_AE", "20260707", "180100", "CT spine"),
    Exam(9, "E", "US", "US1_AE", "20260801", "070000", "US thyroid"),
    Exam(10, "E", "MR", "MR1_AE", "20261231", "141500", "MR liver"),
)
BY_ACCESSION = {exam.accession: exam for exam in EXAMS}
EVERY = frozenset(range(1, 11))


@dataclass(frozen=True)
class Asked:
    """A query's matching keys, and the numbers of the exams that it must find."""

    what: str
    finds: frozenset[int] | set[int]
    top: dict[str, Any] = field(default_factory=dict)
    step: dict[str, Any] = field(default_factory=dict)


DATE, TIME = "ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime"
QUERIES = (
    Asked("a range that takes all", EVERY, step={DATE: "20260101-20261231"}),
    Asked("single value", {3, 4}, {"PatientID": "LIB-B"}),
    Asked("single value, case matters in an identifier", set(), {"PatientID": "lib-B"}),
    Asked("single in the sequence", {1, 3, 4, 6, 8}, step={"Modality": "CT"}),
    Asked(
        "two keys are both needed",
        {1, 3, 8},
        step={"Modality": "CT", "ScheduledStationAETitle": "CT1_AE"},
    ),
    Asked("nobody has it", set(), step={"ScheduledStationAETitle": "CT9_AE"}),
    Asked("one day", {1, 3}, step={DATE: "20260705"}),
    Asked("days from", {9, 10}, step={DATE: "20260708-"}),
    Asked("days until", {1, 3}, step={DATE: "-20260705"}),
    Asked("times from, of any day", {4, 5, 7, 8, 10}, step={TIME: "120000-"}),
    Asked("an hour is the whole hour", {2}, step={TIME: "09"}),
    Asked(
        "dates and times are one interval",
        {3, 2, 4, 5, 6, 7},
        step={DATE: "20260705-20260707", TIME: "100000-180000"},
    ),
    Asked(
        "a day with times is that day's",
        {7},
        step={DATE: "20260707", TIME: "100000-180000"},
    ),
    Asked("a name in any case", {3, 4}, {"PatientName": "muller^anna"}),
    Asked("a wildcard in a name", {3, 4}, {"PatientName": "mul*"}),
    Asked("an umlaut is a letter of its own", {1, 2}, {"PatientName": "MÜLLER*"}),
    Asked("one character", {3, 4, 1, 2}, {"PatientName": "m?ller*"}),
    Asked(
        "a wildcard alone is universal",
        {7, 8},
        {"PatientName": "*", "PatientID": "LIB-D"},
    ),
    Asked("the ideographic group", {5, 6}, {"PatientName": "=山田*"}),
    Asked("any group", {5, 6}, {"PatientName": "やまだ*"}),
    Asked(
        "a list of UIDs",
        {1, 10},
        {"StudyInstanceUID": [f"{_UID}1", f"{_UID}10", f"{_UID}77"]},
    ),
    Asked("a wildcard in another text", EVERY - {10}, {"AccessionNumber": "LIB0?"}),
)


def fill() -> None:
    """The exams as orders, with their scanners."""
    for exam in EXAMS:
        if not Station.objects.filter(ae_title=exam.ae_title).exists():
            StationFactory.create(
                ae_title=exam.ae_title,
                name=exam.ae_title.removesuffix("_AE"),
                modality=exam.modality,
            )
        _place(exam)


def _place(exam: Exam) -> None:
    alphabetic, ideographic, phonetic = (*NAMES[exam.person].split("="), "", "")[:3]
    family, given, middle, prefix = (*alphabetic.split("^"), "", "", "")[:4]
    start = datetime.strptime(exam.date + exam.time, "%Y%m%d%H%M%S")
    make_order(
        patient=patient_request(
            identifiers=(Identifier(f"LIB-{exam.person}", "GENHOSP"),),
            family_name=family,
            given_name=given,
            middle_name=middle,
            prefix=prefix,
            name_ideographic=ideographic,
            name_phonetic=phonetic,
            birth_date_text="19700102",
        ),
        accession_number=exam.accession,
        study_instance_uid=f"{_UID}{exam.number}",
        procedure=Code(f"LIB{exam.number}", exam.text, "99RADFLOW"),
        modality=exam.modality,
        schedule=ScheduleRequest(
            start.replace(tzinfo=UTC), station_ae_title=exam.ae_title
        ),
    )
