"""What a person writes into a contract, and what is wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from django.utils.translation import gettext as _

from radflow.messaging.contracts import versions
from radflow.messaging.contracts.datatypes import DATATYPES
from radflow.messaging.contracts.patterns import PatternError, pattern
from radflow.messaging.contracts.rules import Condition, FieldRule, rule_of
from radflow.messaging.contracts.targets import TARGETS
from radflow.messaging.models import ZContract, ZField
from radflow.messaging.models.peer import ANY

MOST_FIELDS = 200
MOST_SAMPLES = 50
LONGEST_SAMPLE = 2000
_SEGMENT = re.compile(r"Z[A-Z0-9]{2}\Z")
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}\Z", re.ASCII)
_MESSAGE_TYPE = re.compile(r"[A-Z]{3}\^[A-Z0-9]{3}\Z")
_LONGEST = {
    "vendor": 60,
    "product": 60,
    "product_version": 40,
    "sending_application": 60,
    "sending_facility": 60,
    "description": 500,
    "evidence": 300,
}


@dataclass(frozen=True)
class Sample:
    """A segment that must pass (`valid`), or must be found faulty."""

    text: str
    valid: bool = True


@dataclass(frozen=True)
class Draft:
    """All of a contract that may be changed before it is approved."""

    segment: str
    vendor: str
    product: str
    product_version: str = ANY
    sending_application: str = ANY
    sending_facility: str = ANY
    version: str = "1.0.0"
    message_types: tuple[str, ...] = ()
    description: str = ""
    evidence: str = ""
    fields: tuple[FieldRule, ...] = ()
    samples: tuple[Sample, ...] = ()

    def header(self) -> dict[str, object]:
        """The columns of the contract itself."""
        names = [one.name for one in fields(self)][:-2]
        header: dict[str, object] = {name: getattr(self, name) for name in names}
        return header | {"message_types": list(self.message_types)}


Faults = dict[str, str]


def as_draft(contract: ZContract) -> Draft:
    """The contract as it could be written anew."""
    rule = rule_of(contract)
    samples = tuple(Sample(one.text, one.valid) for one in contract.samples.all())
    return Draft(
        segment=contract.segment,
        vendor=contract.vendor,
        product=contract.product,
        product_version=contract.product_version,
        sending_application=contract.sending_application,
        sending_facility=contract.sending_facility,
        version=contract.version,
        message_types=rule.message_types,
        description=contract.description,
        evidence=contract.evidence,
        fields=rule.fields,
        samples=samples,
    )


def faults_in(draft: Draft) -> Faults:
    """By place: `vendor`, `fields-2-regex`, `samples-0-text`; empty if all is well."""
    found = dict(_header_faults(draft))
    for number, rule in enumerate(draft.fields):
        for name, text in _field_faults(rule):
            found.setdefault(f"fields-{number}-{name}", text)
    for number, sample in enumerate(draft.samples):
        if text := _sample_fault(sample):
            found[f"samples-{number}-text"] = text
    found.update(_repeated(draft))
    return found


def _header_faults(draft: Draft) -> Iterator[tuple[str, str]]:
    for name, longest in _LONGEST.items():
        value = getattr(draft, name)
        if len(value) > longest:
            yield name, _("At most %(count)s characters.") % {"count": longest}
        elif not value.strip() and name not in ("description", "evidence"):
            yield (
                name,
                _("Give a value, or * for any.")
                if _may_be_any(name)
                else _("Say whose it is."),
            )
        if not value.isprintable():
            yield name, _("There are characters in it that cannot be shown.")
    if not _SEGMENT.match(draft.segment):
        yield "segment", _("Z and two letters or digits, such as ZSI.")
    if not _VERSION.match(draft.version):
        yield "version", _("Three numbers, such as 1.0.0.")
    if fault := versions.fault_in(draft.product_version):
        yield "product_version", fault
    if not all(_MESSAGE_TYPE.match(one) for one in draft.message_types):
        yield "message_types", _("Written as ORM^O01, separated by blanks.")
    if len(draft.fields) > MOST_FIELDS:
        yield "fields", _("At most %(count)s fields.") % {"count": MOST_FIELDS}
    if len(draft.samples) > MOST_SAMPLES:
        yield "samples", _("At most %(count)s samples.") % {"count": MOST_SAMPLES}


def _may_be_any(name: str) -> bool:
    return name not in ("vendor", "product")


def _field_faults(rule: FieldRule) -> Iterator[tuple[str, str]]:
    if not 1 <= rule.field <= 255:
        yield "field", _("From 1 to 255.")
    if not 0 <= rule.component <= 99:
        yield "component", _("From 1 to 99, or empty for the whole field.")
    if not rule.name.strip() or len(rule.name) > 80:
        yield "name", _("Give it a name of at most 80 characters.")
    if rule.datatype not in DATATYPES:
        yield "datatype", _("One of %(names)s.") % {"names": ", ".join(DATATYPES)}
    if rule.required not in ZField.Required:
        yield "required", _("One of R, RE, O, C.")
    if rule.required == ZField.Required.CONDITIONAL and (
        len(rule.condition) > 200 or Condition.read(rule.condition) is None
    ):
        yield "condition", _("Such as ZSI-3 valued, ZSI-3 empty or ZSI-7 = Y.")
    yield from _value_faults(rule)
    yield from _target_faults(rule)


def _value_faults(rule: FieldRule) -> Iterator[tuple[str, str]]:
    if rule.max_length is not None and not 1 <= rule.max_length <= 65536:
        yield "max_length", _("From 1 to 65536.")
    if rule.regex and (fault := _pattern_fault(rule.regex)):
        yield "regex", fault
    if any(not 0 < len(value) <= 60 for value in rule.values):
        yield "values", _("Values have 1 to 60 characters.")
    if len(rule.values) > 200:
        yield "values", _("At most 200 values.")
    low, high = rule.lowest, rule.highest
    if low is not None and high is not None and low > high:
        yield "highest", _("The highest is below the lowest.")
    if any(bound is not None and abs(bound) >= 10**12 for bound in (low, high)):
        yield "lowest", _("At most twelve digits.")


def _pattern_fault(text: str) -> str:
    if len(text) > 200:
        return _("At most 200 characters.")
    try:
        pattern(text)
    except PatternError as error:
        return str(error)
    return ""


def _target_faults(rule: FieldRule) -> Iterator[tuple[str, str]]:
    if rule.policy not in ZField.Policy:
        yield "policy", _("One of fill, overwrite, annotate.")
    if rule.on_error not in ZField.OnError:
        yield "on_error", _("One of warn, quarantine, reject.")
    if not rule.target:
        return
    target = TARGETS.get(rule.target)
    if target is None:
        yield "target", _("One of %(names)s, or empty.") % {"names": ", ".join(TARGETS)}
    elif target.annotates_only and rule.policy != ZField.Policy.ANNOTATE:
        yield "policy", _("The timeline is only annotated.")


def _sample_fault(sample: Sample) -> str:
    if not sample.text.strip() or len(sample.text) > LONGEST_SAMPLE:
        most = {"count": LONGEST_SAMPLE}
        return _("A segment of at most %(count)s characters.") % most
    return "" if sample.text.isprintable() else _("One segment, on one line.")


def _repeated(draft: Draft) -> Iterator[tuple[str, str]]:
    places = Counter((rule.field, rule.component) for rule in draft.fields)
    written = Counter(
        rule.target
        for rule in draft.fields
        if rule.target and rule.policy != ZField.Policy.ANNOTATE
    )
    for number, rule in enumerate(draft.fields):
        if places[rule.field, rule.component] > 1:
            yield f"fields-{number}-field", _("This field is described twice.")
        if written[rule.target] > 1 and rule.policy != ZField.Policy.ANNOTATE:
            yield f"fields-{number}-target", _("Two fields write to this.")
