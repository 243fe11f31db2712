"""Contract tests: every valid sample passes, every invalid one is found faulty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from radflow.hl7.escapes import STANDARD, Delimiters, respell
from radflow.hl7.message import Repetition, Segment
from radflow.messaging.contracts.datatypes import datatype, guess
from radflow.messaging.contracts.drafts import LONGEST_SAMPLE, Sample
from radflow.messaging.contracts.rules import FieldRule, SegmentRule
from radflow.messaging.contracts.validation import Finding, validate


@dataclass(frozen=True)
class TestResult:
    """What the contract says of one sample, and whether that is as it should be."""

    sample: Sample
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        return self.sample.valid is not bool(self.findings)


def run(rule: SegmentRule, samples: Iterable[Sample]) -> list[TestResult]:
    return [TestResult(one, _findings(rule, one)) for one in samples]


def _findings(rule: SegmentRule, sample: Sample) -> tuple[Finding, ...]:
    return tuple(validate(Segment(sample.text, 0, STANDARD), rule).findings)


def lacking(results: Sequence[TestResult]) -> str:
    """Why these tests prove too little, as a sentence; empty if they suffice."""
    if not any(result.sample.valid for result in results):
        return _("Give at least one sample that must pass.")
    if all(result.sample.valid for result in results):
        return _("Give at least one sample that must be found faulty.")
    failed = [str(n) for n, r in enumerate(results, start=1) if not r.passed]
    if failed:
        numbers = {"numbers": ", ".join(failed)}
        return _("The contract test fails: sample %(numbers)s.") % numbers
    return ""


def propose(segment: Segment) -> tuple[FieldRule, ...]:
    """A field for each of the segment, components too, with the type it looks like."""
    found: list[FieldRule] = []
    for number in range(1, min(segment.field_count, 100) + 1):
        occurrences = segment.repetitions(number)
        kind = guess(occurrences[0]) if occurrences else "ST"
        repeats = len(occurrences) > 1
        whole = FieldRule(number, 0, f"Field {number}", kind, repeats=repeats)
        found.append(whole)
        if occurrences and datatype(kind).components is None:
            found += _components(number, occurrences[0], repeats)
    return tuple(found)


def _components(number: int, one: Repetition, repeats: bool) -> list[FieldRule]:
    return [
        FieldRule(number, part, f"Field {number}.{part}", repeats=repeats)
        for part in range(1, min(len(one.components()), 30) + 1)
    ]


def lacking_fields(
    known: Sequence[FieldRule], segment: Segment
) -> tuple[FieldRule, ...]:
    """Of a proposal what these do not describe: fields, and components behind."""
    most = {rule.field: 0 for rule in known}
    for rule in known:
        most[rule.field] = max(most[rule.field], rule.component)
    found = [rule for rule in propose(segment) if rule.field not in most]
    for number, last in most.items():
        one = next(iter(segment.repetitions(number)), None)
        if last and one:
            found += [r for r in _components(number, one, False) if r.component > last]
    return tuple(found)


def outline(segment: Segment, delimiters: Delimiters) -> str:
    """The segment by its shape alone: what patients send must not become a sample."""
    numbers = range(1, min(segment.field_count, 100) + 1)
    fields = [respell(segment.raw_field(number), delimiters) for number in numbers]
    shape = re.sub(r"[^\W\d_a-z]", "X", re.sub(r"[a-z]", "x", "|".join(fields)))
    return f"{segment.name}|{re.sub(r'[0-9]', '1', shape)}"[:LONGEST_SAMPLE]
