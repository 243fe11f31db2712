"""How far a message keeps to its version of HL7: advice, never a decision.

Bounded in size and time, so that a hostile message costs no more than another. The
texts name places and tables, never what stands there.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from radflow.hl7 import dictionary, tables
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message
from radflow.hl7.segment import HEADERS, NULL, Repetition, Segment
from radflow.hl7.structures import (
    EXPECTED,
    MISPLACED,
    judge,
    structure_name,
)
from radflow.hl7.timestamps import parse_date

ERROR, WARNING, NOTE = "error", "warning", "information"
BUDGET_SECONDS = 1.0
MAX_BYTES = 256 * 1024
MAX_FINDINGS = 200
MAX_REPETITIONS = 50
# Fields whose length others cut off at, up to 2.6; later versions leave it open.
LENGTHS = {
    **{(name, 1): 4 for name in ("PID", "OBR", "OBX", "DG1", "AL1", "NTE", "FT1")},
    ("MSH", 10): 20,
    ("MSA", 3): 80,
    ("OBR", 18): 60,
    ("OBR", 19): 60,
    ("OBR", 20): 60,
    ("OBR", 21): 60,
    ("OBR", 13): 300,
    ("OBX", 4): 20,
    ("OBX", 7): 60,
    ("PID", 19): 16,
}
_TIMES = ("DT", "TS", "DTM")
_FORMS = {
    "NM": re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*\Z", re.ASCII),
    "SI": re.compile(r"\s*\d{1,9}\s*\Z", re.ASCII),
    "TM": re.compile(
        r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d{1,4})?)?)?(?:[+-]\d{4})?\Z",
        re.ASCII,
    ),
}
_WORDS = {"NM": "number", "SI": "sequence number", "TM": "time of day"}
# Names of systems, media types and coding systems: no version lists them all.
_OPEN_TABLES = {"0191", "0291", "0300", "0361", "0362", "0363", "0396", "0834"}
# What follows the query in a response is the query profile's.
_OPEN_STRUCTURES = ("RSP", "QBP", "RTB")


@dataclass(frozen=True)
class Finding:
    """`code` is of table 0357, `location` in the form of ERR-2 (`PID^1^3^1^4`)."""

    severity: str
    code: str
    location: str
    text: str


class _SpentError(Exception):
    """The time is up or enough was found."""


def lint(
    raw: bytes,
    *,
    budget_seconds: float = BUDGET_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> list[Finding]:
    """What does not conform; what could not be looked at is said too. Never raises."""
    part = _beginning(raw, max_bytes)
    try:
        message = Message.parse(part)
    except HL7Error as error:
        return [Finding(ERROR, error.code, error.location, error.text)]
    check = _Check(message, time.monotonic() + budget_seconds, len(part) < len(raw))
    return check.run()


def _beginning(raw: bytes, max_bytes: int) -> bytes:
    """Whole segments only, as many as fit."""
    if len(raw) <= max_bytes:
        return raw
    end = max(raw.rfind(b"\r", 0, max_bytes), raw.rfind(b"\n", 0, max_bytes))
    return raw[: end + 1] if end > 0 else raw[:max_bytes]


class _Check:
    def __init__(self, message: Message, until: float, is_cut: bool) -> None:
        self._message = message
        self._version = message.version
        self._until = until
        self._is_cut = is_cut
        self._found: list[Finding] = []

    def run(self) -> list[Finding]:
        try:
            self._run()
        except _SpentError as spent:
            self._found.append(Finding(NOTE, "0", "", str(spent)))
        return self._found

    def _run(self) -> None:
        if self._is_cut:
            self._say(NOTE, "0", "", "Only its beginning was checked: it is too long.")
        for warning in self._message.warnings:
            self._say(NOTE, "0", "", f"Tolerated: {warning}.")
        self._check_version()
        places = _numbered(self._message)
        self._check_order(places)
        for segment, place in zip(self._message.segments, places, strict=True):
            self._check_segment(segment, place)

    def _say(self, severity: str, code: str, location: str, text: str) -> None:
        if len(self._found) >= MAX_FINDINGS:
            raise _SpentError(
                f"More than {MAX_FINDINGS} findings; the rest is left out."
            )
        self._found.append(Finding(severity, code, location, text))

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise _SpentError("Checked in part: the time allowed was up.")

    def _check_version(self) -> None:
        nearest = dictionary.nearest_version(self._version)
        if not self._version:
            self._say(ERROR, "101", "MSH^1^12", f"No version; read as {nearest}.")
        elif nearest != self._version:
            self._say(ERROR, "203", "MSH^1^12", f"Unknown version; read as {nearest}.")

    def _check_order(self, places: list[str]) -> None:
        header = self._message.header
        name = structure_name(
            header.value(9, 1), header.value(9, 2), header.value(9, 3)
        )
        names = [segment.name for segment in self._message.segments]
        judged = judge(name, names, self._version)
        is_open = name.startswith(_OPEN_STRUCTURES)
        if judged is None:
            self._say(NOTE, "200", "MSH^1^9", "Order not checked: unknown structure.")
            return
        for missing in () if self._is_cut else judged.missing:
            self._say(ERROR, "100", missing, f"{missing} is required in {name}.")
        for word, place in zip(judged.words, places, strict=True):
            if word != EXPECTED and not is_open:
                text = "stands out of order in" if word == MISPLACED else "is not of"
                self._say(WARNING, "100", place, f"{place[:3]} {text} {name}.")

    def _check_segment(self, segment: Segment, place: str) -> None:
        self._check_time()
        if not segment.name:
            self._say(ERROR, "100", place, "A line that is no segment.")
            return
        fields = dictionary.fields_of(segment.name, self._version)
        if not fields:
            if not segment.name.startswith("Z"):
                text = f"{segment.name} is no segment of this version."
                self._say(ERROR, "100", place, text)
            return
        for number, occurs in enumerate(fields, start=1):
            at = f"{place}^{number}"
            given = segment.repetitions(number)
            if not given and occurs.least > 0 and not _is_known_gap(segment, number):
                name = dictionary.field_name(segment.name, number, self._version)
                self._say(ERROR, "101", at, f"Required: {name}.")
            elif len(given) > occurs.most > 0:
                self._say(WARNING, "102", at, f"Repeats more than {occurs.most} times.")
            self._check_field(segment, number, at, given[:MAX_REPETITIONS])
        self._check_beyond(segment, len(fields), place)

    def _check_beyond(self, segment: Segment, last: int, place: str) -> None:
        if segment.name == "QPD":  # after two fields each query has its own
            return
        for number in range(last + 1, segment.field_count + 1):
            if segment.raw_field(number):
                at = f"{place}^{number}"
                self._say(WARNING, "102", at, "No field of this version.")

    def _check_field(
        self, segment: Segment, number: int, at: str, given: list[Repetition]
    ) -> None:
        if not given or (segment.name in HEADERS and number <= 2):
            return
        kind = dictionary.field_type(segment.name, number, self._version)
        if kind in ("varies", "*"):
            kind = segment.value(2)
            if not kind and segment.raw_field(5) != NULL:
                self._say(ERROR, "101", at.rpartition("^")[0] + "^2", "Type of OBX-5.")
        table = dictionary.table_of(segment.name, number, self._version)
        most = LENGTHS.get((segment.name, number), 0)
        for index, one in enumerate(given, start=1):
            self._check_time()
            if one.is_null or not one.raw:
                continue
            if 0 < most < len(one.text()) and self._version < "2.7":
                self._say(WARNING, "102", at, f"Longer than {most} characters.")
            self._check_value(one, kind, table, f"{at}^{index}")

    def _check_value(self, one: Repetition, kind: str, table: str, at: str) -> None:
        count = dictionary.component_count(kind, self._version)
        if not count:
            self._check_leaf(one.text(), kind, table, at)
            return
        if kind == "TS":
            self._check_leaf(one.value(), kind, "", f"{at}^1")
            return
        if table and one.value(3) == f"HL7{table}":
            self._check_code(one.value(), "CE", table, f"{at}^1")
        values = one.components()
        for number in range(1, min(len(values), count) + 1):
            inner = dictionary.component_type(kind, number, self._version)
            coded = dictionary.component_table(kind, number, self._version)
            if not dictionary.component_count(inner, self._version) or inner == "TS":
                self._check_leaf(one.value(number), inner, coded, f"{at}^{number}")
        if any(values[count:]):
            text = f"{kind} has {count} components in this version."
            self._say(WARNING, "102", f"{at}^{count + 1}", text)

    def _check_leaf(self, value: str, kind: str, table: str, at: str) -> None:
        if not value or value == NULL:
            return
        if kind in _TIMES and not _is_time(value):
            self._say(ERROR, "102", at, "Not a date or time.")
        elif kind in _FORMS and not _FORMS[kind].match(value):
            self._say(ERROR, "102", at, f"Not a {_WORDS[kind]}.")
        elif table and kind in ("ID", "IS"):
            self._check_code(value, kind, table, at)

    def _check_code(self, code: str, kind: str, table: str, at: str) -> None:
        codes = dictionary.table_codes(table, self._version)
        if not codes or table in _OPEN_TABLES or _is_listed(code, table, codes):
            return
        # What is of type IS, a site may extend; before 2.3 there was no such type.
        is_own = kind == "IS" or self._version < "2.3"
        severity = NOTE if is_own else ERROR if kind == "ID" else WARNING
        self._say(severity, "103", at, f"Not a value of table {table}.")


def _numbered(message: Message) -> list[str]:
    """`OBX^3` for the third OBX; a line that is no segment counts as `???`."""
    seen: Counter[str] = Counter()
    places = []
    for segment in message.segments:
        name = segment.name or "???"
        seen[name] += 1
        places.append(f"{name}^{seen[name]}")
    return places


def _is_known_gap(segment: Segment, number: int) -> bool:
    """OBX-5 has a type only where it has a value."""
    return (segment.name, number) == ("OBX", 2) and not segment.raw_field(5)


def _is_time(value: str) -> bool:
    try:
        parse_date(value)
    except HL7Error:
        return False
    return True


def _is_listed(code: str, table: str, codes: frozenset[str]) -> bool:
    if code in codes or "..." in codes or tables.meaning(table, code):
        return True
    return any(code.startswith(stem) for stem in _stems(codes))


def _stems(codes: frozenset[str]) -> Iterator[str]:
    """`TS` of `TS<integer>`."""
    return (code.partition("<")[0] for code in codes if code[1:].count("<"))
