"""The gate's lines: what is expected, what was read or said, and how they compare."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order, Patient
from orders.selectors import mrn_of
from radflow.accounts.templatetags.display import clinical_date, clock, translated
from worklist.differences import Piece, marked
from worklist.models import CannotSay, PersonCheck, Verification
from worklist.selectors.scanned import Scanned
from worklist.spoken import read_spoken
from worklist.views.rows import name_of, who

WAIT, OK, BAD, ASK = "wait", "ok", "bad", "ask"
MISSING, UNREAD = "missing", "unread"
NAME, BORN = "name", "born"


@dataclass(frozen=True)
class Scans:
    """What was read so far. `typed`: by hand."""

    wristband: str = ""
    requisition: str = ""
    typed: bool = False


@dataclass(frozen=True)
class Check:
    """One line; `result` is wait, ok, bad, ask (the patient), missing or unread.

    `asks` names the field in which the answer is entered.
    """

    label: str
    expected: list[Piece]
    presented: list[Piece]
    result: str
    is_identifier: bool = False
    asks: str = ""


def checks(
    order: Order,
    verification: Verification | None,
    scans: Scans,
    *,
    scanned: Scanned | None = None,
    answers: PersonCheck | None = None,
) -> list[Check]:
    if verification is None:
        return [*_before_verdict(order, scans), *_to_say(order, WAIT)]
    lines = _after_verdict(verification)
    if not verification.accepted:
        return [*lines, *_other_person(order, verification, scanned)]
    if answers and answers.passed:
        return [*lines, *_said(order, answers)]
    return [*lines, *_to_say(order, ASK, answers)]


def _before_verdict(order: Order, scans: Scans) -> list[Check]:
    """Here only scans that fit are kept: what does not fit is a verdict."""
    return [
        _line(_("MRN"), mrn_of(order), scans.wristband, fits=bool(scans.wristband)),
        _line(
            _("Accession"),
            order.accession_number,
            scans.requisition,
            fits=bool(scans.requisition),
        ),
    ]


def _after_verdict(verification: Verification) -> list[Check]:
    one = verification
    lines = (
        (
            _("MRN"),
            one.expected_patient_id,
            one.presented_patient_id,
            one.patient_matches,
        ),
        (
            _("Accession"),
            one.expected_accession,
            one.presented_accession,
            one.accession_matches,
        ),
    )
    return [
        _line(
            label,
            expected,
            presented,
            fits=fits,
            unread=one.overridden,
            missing=one.patient_matches != one.accession_matches,
        )
        for label, expected, presented, fits in lines
    ]


def _line(
    label: str,
    expected: str,
    presented: str,
    *,
    fits: bool,
    unread: bool = False,
    missing: bool = False,
) -> Check:
    """`unread`: two people signed for it; `missing`: it alone was not read."""
    if unread and not fits:
        said = [(presented, False)] if presented else []
        return Check(label, [(expected, False)], said, UNREAD, is_identifier=True)
    if not presented and missing:
        said = [(_("Not read"), False)]
        return Check(label, [(expected, False)], said, MISSING)
    if not presented or fits:
        result = OK if fits else WAIT
        said = [(presented, False)] if presented else []
        return Check(label, [(expected, False)], said, result, is_identifier=True)
    return Check(
        label,
        marked(expected, presented),
        marked(presented, expected),
        BAD,
        is_identifier=True,
    )


def _to_say(
    order: Order, result: str, answers: PersonCheck | None = None
) -> list[Check]:
    """What the patient is to say, without being told; a wrong date stands beside."""
    born = _born(order.patient)
    name = Check(_("Name"), [(who(order), False)], [], result, asks=NAME)
    said = _written(answers.birth_date_said) if answers else ""
    if said and answers and not answers.birth_date_matches:
        pieces = marked(said, born)
        return [
            name,
            Check(_("Birth date"), marked(born, said), pieces, BAD, asks=BORN),
        ]
    return [name, Check(_("Birth date"), [(born, False)], [], result, asks=BORN)]


def _said(order: Order, answers: PersonCheck) -> list[Check]:
    name, date = _("Said"), _written(answers.birth_date_said)
    if answers.cannot_say:
        how = _(str(CannotSay(answers.cannot_say).label))
        name = f"{how}: {answers.witness}"
        date = date or name
    return [
        Check(_("Name"), [(who(order), False)], [(name, False)], OK),
        Check(_("Birth date"), [(_born(order.patient), False)], [(date, False)], OK),
    ]


def _written(text: str) -> str:
    said = read_spoken(text)
    return clinical_date(said) if said else text


def _born(patient: Patient) -> str:
    if patient.birth_date:
        return clinical_date(patient.birth_date)
    return patient.birth_date_text or _("Not known")


def _other_person(
    order: Order, verification: Verification, scanned: Scanned | None
) -> list[Check]:
    """Beside each other: the exam in front, and who or what was scanned."""
    if scanned is None:
        if verification.patient_matches:
            return []
        unknown = [(_("Not known here"), False)]
        return [
            Check(_("Name"), [(who(order), False)], unknown, BAD),
            Check(_("Birth date"), [(_born(order.patient), False)], unknown, BAD),
        ]
    today = _exam(scanned.order) if scanned.order else _("No exam today")
    pairs = (
        (_("Name"), who(order), name_of(scanned.patient)),
        (_("Birth date"), _born(order.patient), _born(scanned.patient)),
        (_("Exam"), _exam(order), today),
    )
    return [
        Check(label, marked(ours, theirs), marked(theirs, ours), BAD)
        if ours != theirs
        else Check(label, [(ours, False)], [(theirs, False)], OK)
        for label, ours, theirs in pairs
    ]


def _exam(order: Order) -> str:
    name = order.procedure_text or order.procedure_code
    start = clock(order.scheduled_start) if order.scheduled_start else ""
    parts = (name, translated(order.laterality), order.room_name, start)
    return ", ".join(part for part in parts if part)
