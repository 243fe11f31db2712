"""One segment held against its contract: what does not fit, and what it gives.

Texts of findings hold no values: a Z field may carry patient data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import groupby

from django.utils.translation import gettext as _

from radflow.hl7.message import NULL, Repetition, Segment
from radflow.messaging.contracts.datatypes import NUMERIC, datatype
from radflow.messaging.contracts.patterns import PatternError, pattern
from radflow.messaging.contracts.rules import Condition, FieldRule, SegmentRule
from radflow.messaging.contracts.targets import TARGETS
from radflow.messaging.models import ZField

MOST_FINDINGS = 50


@dataclass(frozen=True)
class Finding:
    """`location` as in ERR-2: `ZSI^1^4^1^2` is ZSI-4.2; `text` ends a sentence.

    What only stands there without being agreed does not spoil its field.
    """

    path: str
    location: str
    text: str
    on_error: str = ZField.OnError.WARN
    spoils: bool = True

    def __str__(self) -> str:
        return f"{self.path} {self.text}"


@dataclass(frozen=True)
class Extracted:
    """What a field says and where it may go; several values where it repeats."""

    target: str
    values: tuple[str, ...]
    policy: str
    path: str
    name: str

    @property
    def value(self) -> str:
        return self.values[0]


@dataclass
class Reading:
    """The outcome for one segment. Fields with a finding give no values."""

    rule: SegmentRule
    segment: Segment
    findings: list[Finding] = field(default_factory=list)
    extracted: list[Extracted] = field(default_factory=list)

    @property
    def says_more(self) -> bool:
        """There are fields or components that the contract does not describe."""
        return any(not finding.spoils for finding in self.findings)

    def worst(self) -> str:
        order = ("", *_SEVERITY)
        return max((f.on_error for f in self.findings), key=order.index, default="")


_SEVERITY = (ZField.OnError.WARN, ZField.OnError.QUARANTINE, ZField.OnError.REJECT)


def validate(segment: Segment, rule: SegmentRule, occurrence: int = 1) -> Reading:
    """Check a segment of any content; never raises for what it holds.

    `occurrence` counts segments of this name in the message, for the locations.
    """
    reading = Reading(rule, segment)
    place = _Place(rule.segment, occurrence)
    if segment.name != rule.segment:
        text = _("is no %(segment)s segment") % {"segment": rule.segment}
        found = Finding(segment.name or "?", place.of(0), text, spoils=False)
        reading.findings.append(found)
        return reading
    for number, rules in groupby(rule.fields, key=lambda one: one.field):
        _read_field(reading, number, list(rules), place)
    reading.findings += _beyond(segment, rule, place)
    del reading.findings[MOST_FINDINGS:]
    return reading


@dataclass(frozen=True)
class _Place:
    segment: str
    occurrence: int

    def path(self, number: int, component: int = 0) -> str:
        return f"{self.segment}-{number}" + (f".{component}" if component else "")

    def of(self, number: int, component: int = 0, repetition: int = 1) -> str:
        where = f"{self.segment}^{self.occurrence}"
        where += f"^{number}" if number else ""
        return where + (f"^{repetition}^{component}" if component else "")


def _read_field(
    reading: Reading, number: int, rules: list[FieldRule], place: _Place
) -> None:
    """A fault in one component spoils the others: the field has another shape."""
    found = [one for rule in rules for one in _check(reading.segment, rule, place)]
    reading.findings += found
    if found:
        return
    occurrences = reading.segment.repetitions(number)
    for rule in rules:
        told = [one for one in occurrences if _has_value(one, rule.component)]
        if rule.target and told:
            values = tuple(leaf(one, rule) for one in told)
            path = place.path(number, rule.component)
            reading.extracted.append(
                Extracted(rule.target, values, rule.policy, path, rule.name)
            )


def _check(segment: Segment, rule: FieldRule, place: _Place) -> Iterator[Finding]:
    occurrences = segment.repetitions(rule.field)
    told = [one for one in occurrences if _has_value(one, rule.component)]
    faults = [(1, text) for text in _absent(segment, rule, bool(told))]
    if len(occurrences) > 1 and not rule.repeats and rule.component < 2:
        faults.append((2, _("repeats and may not")))
    for number, one in enumerate(occurrences, start=1):
        if one in told:
            faults += [(number, text) for text in _faults(one, rule)]
    path = place.path(rule.field, rule.component)
    for number, text in faults:
        location = place.of(rule.field, rule.component, number)
        yield Finding(path, location, text, rule.on_error)


def _has_value(one: Repetition, component: int) -> bool:
    """HL7 null is no value."""
    if component:
        return one.value(component) not in ("", NULL)
    return not one.is_null and any(part != "" for part in one.components())


def _absent(segment: Segment, rule: FieldRule, told: bool) -> Iterator[str]:
    if told:
        return
    if rule.required == ZField.Required.REQUIRED:
        yield _("is missing")
    if rule.required == ZField.Required.CONDITIONAL:
        condition = Condition.read(rule.condition)
        if condition and _holds(segment, condition):
            said = _("is missing, and must be there where %(condition)s")
            yield said % {"condition": rule.condition}


def _holds(segment: Segment, condition: Condition) -> bool:
    value = segment.value(condition.field, condition.component)
    value = "" if value == NULL else value
    if condition.state == "equals":
        return value == condition.value
    return bool(value) is (condition.state == "valued")


def leaf(one: Repetition, rule: FieldRule) -> str:
    """The value a rule speaks of: a component, or the first one of a whole field."""
    if rule.component:
        return one.value(rule.component)
    if datatype(rule.datatype).is_simple and rule.datatype in ("ST", "TX", "FT"):
        return one.text()
    return one.value()


def _faults(one: Repetition, rule: FieldRule) -> list[str]:
    """What the contract says of it; then only, what its target does."""
    if found := list(_agreed_faults(one, rule)):
        return found
    target = TARGETS.get(rule.target)
    fault = target.check(leaf(one, rule)) if target else ""
    return [fault] if fault else []


def _agreed_faults(one: Repetition, rule: FieldRule) -> Iterator[str]:
    value = leaf(one, rule)
    yield from _type_faults(one, rule)
    if rule.max_length and len(value) > rule.max_length:
        said = _("is longer than %(count)s characters")
        yield said % {"count": rule.max_length}
    if rule.values and value not in rule.values:
        yield _("is none of the values agreed")
    if rule.regex and not _fits(rule.regex, value):
        yield _("does not fit its pattern")
    if rule.lowest is not None or rule.highest is not None:
        yield from _range_faults(value, rule)


def _type_faults(one: Repetition, rule: FieldRule) -> Iterator[str]:
    number = rule.component
    part = partial(one.value, number) if number else one.value
    if fault := datatype(rule.datatype).check(part):
        yield fault


def _fits(text: str, value: str) -> bool:
    """A pattern that cannot be read lets nothing pass; drafts with one are refused."""
    try:
        return pattern(text).fits(value)
    except PatternError:
        return False


def _range_faults(value: str, rule: FieldRule) -> Iterator[str]:
    try:
        number = Decimal(value[:40])
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        if rule.datatype not in NUMERIC:
            yield _("is no number")
        return
    if rule.lowest is not None and number < rule.lowest:
        yield _("is below %(number)s") % {"number": f"{rule.lowest.normalize():f}"}
    if rule.highest is not None and number > rule.highest:
        yield _("is above %(number)s") % {"number": f"{rule.highest.normalize():f}"}


def _beyond(segment: Segment, rule: SegmentRule, place: _Place) -> Iterable[Finding]:
    """Fields and components that the contract does not know: kept, and flagged."""
    known = {field_rule.field for field_rule in rule.fields}
    for number in range(1, segment.field_count + 1):
        if not segment.raw_field(number):
            continue
        if number not in known:
            text = _("is not in the contract")
            yield Finding(place.path(number), place.of(number), text, spoils=False)
        elif most := _most_components(rule.of_field(number)):
            yield from _extra(segment, number, most, place)


def _most_components(rules: list[FieldRule]) -> int:
    """0: no limit. A simple type that names no components has one."""
    described = max(rule.component for rule in rules)
    whole = next((rule for rule in rules if rule.component == 0), None)
    most = datatype(whole.datatype).components if whole else described
    return max(described, most or described)


def _extra(
    segment: Segment, number: int, most: int, place: _Place
) -> Iterator[Finding]:
    for repetition, one in enumerate(segment.repetitions(number), start=1):
        extra = [
            position
            for position, text in enumerate(one.components(), start=1)
            if position > most and text
        ]
        for component in extra[:1]:
            yield Finding(
                place.path(number, component),
                place.of(number, component, repetition),
                _("is a component that is not in the contract"),
                spoils=False,
            )
