"""The gate's lines: what is expected, what was read, and how they compare."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from orders.models import Order
from orders.selectors import mrn_of
from radflow.accounts.templatetags.display import clinical_date, translated
from worklist.differences import Piece, marked
from worklist.models import Verification
from worklist.views.rows import who

WAIT, OK, BAD, ASK = "wait", "ok", "bad", "ask"


@dataclass(frozen=True)
class Scans:
    """What was read so far. `typed`: by hand."""

    wristband: str = ""
    requisition: str = ""
    typed: bool = False


@dataclass(frozen=True)
class Check:
    """One line; `result` is wait, ok, bad or ask (the patient)."""

    label: str
    expected: list[Piece]
    presented: list[Piece]
    result: str
    is_identifier: bool = False


def checks(
    order: Order,
    verification: Verification | None,
    scans: Scans,
    other: Order | None,
) -> list[Check]:
    if verification is None:
        lines = _before_verdict(order, scans)
    else:
        lines = _after_verdict(verification)
    if other is not None:
        return [*lines, *_other_person(order, other)]
    return [*lines, *_person(order)]


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
    return [
        _line(
            _("MRN"),
            verification.expected_patient_id,
            verification.presented_patient_id,
            fits=verification.patient_matches,
        ),
        _line(
            _("Accession"),
            verification.expected_accession,
            verification.presented_accession,
            fits=verification.accession_matches,
        ),
    ]


def _line(label: str, expected: str, presented: str, *, fits: bool) -> Check:
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


def _person(order: Order) -> list[Check]:
    """What the patient is to say, without being told."""
    born = clinical_date(order.patient.birth_date)
    told = ((_("Name"), who(order)), (_("Birth date"), born))
    return [Check(label, [(text, False)], [], ASK) for label, text in told]


def _other_person(order: Order, other: Order) -> list[Check]:
    """Beside each other: the exam in front, and the one the scan belongs to."""
    pairs = (
        (_("Name"), who(order), who(other)),
        (
            _("Birth date"),
            clinical_date(order.patient.birth_date),
            clinical_date(other.patient.birth_date),
        ),
        (_("Exam"), _exam(order), _exam(other)),
    )
    return [
        Check(label, marked(ours, theirs), marked(theirs, ours), BAD)
        if ours != theirs
        else Check(label, [(ours, False)], [(theirs, False)], OK)
        for label, ours, theirs in pairs
    ]


def _exam(order: Order) -> str:
    name = order.procedure_text or order.procedure_code
    return ", ".join(part for part in (name, translated(order.laterality)) if part)
