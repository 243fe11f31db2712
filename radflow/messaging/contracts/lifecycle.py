"""Contracts from draft to retirement: the one write path, each step audited."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message, Segment
from radflow.live import services as live
from radflow.messaging.contracts import samples
from radflow.messaging.contracts.drafts import (
    Draft,
    Faults,
    Sample,
    as_draft,
    faults_in,
)
from radflow.messaging.contracts.registry import REGISTRY, Use, line_of, rivals
from radflow.messaging.contracts.rules import FieldRule, SegmentRule, rule_of
from radflow.messaging.contracts.validation import validate
from radflow.messaging.models import (
    ContractStatus,
    UnknownSegment,
    ZContract,
    ZField,
    ZSample,
)
from radflow.messaging.models.peer import ANY

APPROVAL_LOCK = 0x7261_6467
_PRUNED = gettext_lazy("Its first message is no longer kept, so draft it by hand.")


class ContractError(Exception):
    """Refused; `faults` say what and where, `str()` says it in one sentence."""

    def __init__(self, text: str, faults: Faults | None = None) -> None:
        super().__init__(text)
        self.faults = faults or {}


class Act(StrEnum):
    CHANGE = "change"
    DISCARD = "discard"
    APPROVE = "approve"
    RETIRE = "retire"
    NEW_VERSION = "new version"


_ACTS = {
    Act.CHANGE: gettext_lazy("change"),
    Act.DISCARD: gettext_lazy("discard"),
    Act.APPROVE: gettext_lazy("approve"),
    Act.RETIRE: gettext_lazy("retire"),
    Act.NEW_VERSION: gettext_lazy("new version"),
}
S = ContractStatus
# What may be done in which status; the rest is refused. Examples only show the way.
ALLOWED: dict[str, frozenset[Act]] = {
    S.DRAFT: frozenset({Act.CHANGE, Act.DISCARD, Act.APPROVE}),
    S.EXAMPLE: frozenset({Act.NEW_VERSION}),
    S.APPROVED: frozenset({Act.RETIRE, Act.NEW_VERSION}),
    S.RETIRED: frozenset({Act.NEW_VERSION}),
}


def may(contract: ZContract, act: Act) -> bool:
    return act in ALLOWED[contract.status]


@transaction.atomic
def create_draft(
    *, draft: Draft, by: User, unknown: UnknownSegment | None = None
) -> ZContract:
    """A new draft; ContractError for what cannot be read or is there already."""
    _refuse_faults(draft)
    contract = ZContract(created_by=by, **draft.header())
    _save_once(contract)
    _write_rows(contract, draft)
    if unknown is not None:
        unknown.contract = contract
        unknown.save(update_fields=["contract"])
    _tell("contract_drafted", contract, by)
    return contract


@transaction.atomic
def change_draft(*, contract_id: int, draft: Draft, by: User) -> ZContract:
    contract = _locked(contract_id, Act.CHANGE)
    _refuse_faults(draft)
    for name, value in draft.header().items():
        setattr(contract, name, value)
    _save_once(contract)
    contract.fields.all().delete()
    contract.samples.all().delete()
    _write_rows(contract, draft)
    _tell("contract_changed", contract, by)
    return contract


@transaction.atomic
def discard_draft(*, contract_id: int, by: User) -> None:
    contract = _locked(contract_id, Act.DISCARD)
    _tell("contract_discarded", contract, by)
    contract.delete()


@transaction.atomic
def new_version(*, contract_id: int, by: User) -> ZContract:
    """A draft of the next version; of an example the first of one's own."""
    contract = _locked(contract_id, Act.NEW_VERSION)
    return create_draft(draft=_next_draft(contract), by=by)


def _next_draft(contract: ZContract) -> Draft:
    """Evidence is not carried on: a new version needs its own."""
    return replace(as_draft(contract), version=_next_version(contract), evidence="")


@transaction.atomic
def approve(*, contract_id: int, by: User) -> ZContract:
    """Put a draft in force; the version of it in force until now is retired.

    Needs evidence and passing samples of both kinds. Refused where another contract
    would match the same messages.
    """
    _one_at_a_time()
    contract = _locked(contract_id, Act.APPROVE)
    if faults := missing(contract):
        raise ContractError(next(iter(faults.values())), faults)
    _retire_earlier(contract, by)
    contract.status = S.APPROVED
    contract.approver, contract.approved_at = by, Now()
    _save_at(contract)
    _settle_unknown(contract)
    _tell("contract_approved", contract, by, author=contract.created_by_id)
    return contract


@transaction.atomic
def retire(*, contract_id: int, reason: str, by: User) -> ZContract:
    """Take it out of force; messages received before stay governed by it."""
    if not reason.strip():
        faults = {"reason": gettext("Say why.")}
        raise ContractError(gettext("Say why it is retired."), faults)
    contract = _locked(contract_id, Act.RETIRE)
    _end(contract, reason.strip()[:300], by)
    return contract


@transaction.atomic
def draft_from_sample(*, unknown_id: int, by: User) -> ZContract:
    """A first draft from what an unknown segment looked like, without its values.

    Where a contract governs it already, the next version with the fields it lacks.
    """
    unknown = UnknownSegment.objects.select_for_update().get(pk=unknown_id)
    try:
        message = Message.parse(bytes(unknown.first_message.raw))
    except HL7Error as error:
        raise ContractError(str(_PRUNED)) from error
    segment = _segment_of(unknown, message)
    sample = Sample(samples.outline(segment, message.delimiters))
    if rule := governing(unknown):
        draft = _next_draft(ZContract.objects.get(pk=rule.id))
        fields = (*draft.fields, *samples.lacking_fields(draft.fields, segment))
        draft = replace(draft, fields=fields, samples=(*draft.samples, sample))
    else:
        draft = _first_draft(unknown, samples.propose(segment), sample)
    return create_draft(draft=draft, by=by, unknown=unknown)


def governing(
    unknown: UnknownSegment, at: datetime | None = None
) -> SegmentRule | None:
    """The contract in force for such a segment of this sender, if any."""
    return REGISTRY.find(
        Use(
            segment=unknown.segment,
            application=unknown.sending_application,
            facility=unknown.sending_facility,
            message_type=unknown.first_message.message_type,
            at=at or timezone.now(),
        )
    )


def _segment_of(unknown: UnknownSegment, message: Message) -> Segment:
    for segment in message.all(unknown.segment):
        if segment.field_count == unknown.field_count:
            return segment
    raise ContractError(str(_PRUNED))


def _first_draft(
    unknown: UnknownSegment, fields: tuple[FieldRule, ...], sample: Sample
) -> Draft:
    draft = Draft(
        segment=unknown.segment,
        vendor="Unknown vendor",
        product=(unknown.sending_application or "Unknown product")[:60],
        sending_application=_named(unknown.sending_application),
        sending_facility=_named(unknown.sending_facility),
        description="Drafted from a message: give every field its name and meaning.",
        fields=fields,
        samples=(sample,),
    )
    return replace(draft, version=_free_version(draft))


def _named(name: str) -> str:
    return name if name and len(name) <= 60 and name.isprintable() else ANY


def _free_version(draft: Draft) -> str:
    header = {**draft.header(), "message_types": []}
    return _next_version(ZContract(**header), first=draft.version)


def _next_version(contract: ZContract, first: str = "1.0.0") -> str:
    """One minor step above the highest of the same line."""
    line = dict(zip(_LINE, line_of(contract), strict=True))
    known = ZContract.objects.filter(**line).values_list("version", flat=True)
    if not known:
        return first
    major, minor, _ = max(tuple(map(int, text.split("."))) for text in known)
    return f"{major}.{minor + 1}.0"


_LINE = (
    "segment",
    "vendor",
    "product",
    "product_version",
    "sending_application",
    "sending_facility",
)


def _locked(contract_id: int, act: Act) -> ZContract:
    contract = ZContract.objects.select_for_update().get(pk=contract_id)
    if not may(contract, act):
        status = ContractStatus(contract.status).label.lower()
        said = gettext("This contract is %(status)s: no %(act)s is possible.")
        raise ContractError(said % {"status": status, "act": _ACTS[act]})
    return contract


def _one_at_a_time() -> None:
    """Two that would match the same messages must not be approved side by side."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [APPROVAL_LOCK])


def _refuse_faults(draft: Draft) -> None:
    if faults := faults_in(draft):
        raise ContractError(gettext("The contract cannot be kept like this."), faults)


def _save_once(contract: ZContract) -> None:
    try:
        with transaction.atomic():
            contract.save()
    except IntegrityError as error:
        text = gettext("This version is there already. Give another number.")
        raise ContractError(text, {"version": text}) from error


def _write_rows(contract: ZContract, draft: Draft) -> None:
    ZField.objects.bulk_create(_row(contract, rule) for rule in draft.fields)
    ZSample.objects.bulk_create(
        ZSample(contract=contract, text=one.text, valid=one.valid)
        for one in draft.samples
    )


def _row(contract: ZContract, rule: FieldRule) -> ZField:
    return ZField(contract=contract, **{**vars(rule), "values": list(rule.values)})


def missing(contract: ZContract) -> Faults:
    """What stands between this draft and its approval; empty if nothing does."""
    draft = as_draft(contract)
    found = faults_in(draft)
    if not contract.evidence.strip():
        found["evidence"] = gettext("Name the document that says so.")
    if not draft.fields:
        found["fields"] = gettext("Describe at least one field.")
    if text := samples.lacking(samples.run(rule_of(contract), draft.samples)):
        found["samples"] = text
    if others := rivals(contract):
        found["rivals"] = gettext(
            "%(contract)s matches the same messages. Retire it first, or name sender, "
            "versions or message types more closely."
        ) % {"contract": others[0]}
    return found


def _retire_earlier(contract: ZContract, by: User) -> None:
    line = dict(zip(_LINE, line_of(contract), strict=True))
    for earlier in ZContract.objects.filter(status=S.APPROVED, **line):
        _end(earlier, f"Replaced by {contract.version}", by)


def _end(contract: ZContract, reason: str, by: User) -> None:
    contract.status = S.RETIRED
    contract.retired_at, contract.retired_by = Now(), by
    contract.retired_reason = reason
    _save_at(contract)
    _tell("contract_retired", contract, by, reason=reason)


def _save_at(contract: ZContract) -> None:
    """By the clock that also stamps what is received."""
    contract.save()
    contract.refresh_from_db(fields=["approved_at", "retired_at"])


def _settle_unknown(contract: ZContract) -> None:
    """Those that it describes wholly are dealt with; the others stay in the list."""
    ours = Q(contract=None) | Q(contract=contract)
    known = UnknownSegment.objects.filter(ours, segment=contract.segment)
    if contract.sending_application != ANY:
        known = known.filter(sending_application=contract.sending_application)
    if contract.sending_facility != ANY:
        known = known.filter(sending_facility=contract.sending_facility)
    rule = rule_of(contract)
    for unknown in known.select_related("first_message"):
        unknown.contract = contract if _describes(rule, unknown) else None
        unknown.save(update_fields=["contract"])


def _describes(rule: SegmentRule, unknown: UnknownSegment) -> bool:
    """A message that is no longer kept can ask no more of it."""
    try:
        message = Message.parse(bytes(unknown.first_message.raw))
        segment = _segment_of(unknown, message)
    except (HL7Error, ContractError):
        return True
    return not validate(segment, rule).says_more


def _tell(action: str, contract: ZContract, by: User, **detail: Any) -> None:
    audit.record(
        action,
        actor=by,
        detail={"contract": contract.pk, "name": str(contract), **detail},
    )
    live.publish("contract", contract.pk)
    transaction.on_commit(REGISTRY.forget)
