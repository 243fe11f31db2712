"""Which exams a performed step belongs to: the ladder of standards.md section 7."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from orders.identity import Comparison, compare
from orders.models import Order, Patient
from orders.requests import PatientRequest
from radflow.dicom.charsets import Fit, encode_text
from radflow.dicom.performed_step import PerformedStepData, ScheduledReference
from worklist.items import birth_date as birth_date_of
from worklist.models import ScheduledStep

NO_EXAM = gettext_noop("No exam has this Study UID or accession: unscheduled.")

NO_STUDY = gettext_noop("No exam has this Study UID or accession.")


@dataclass
class Links:
    """The exams that fit, first the one of the first reference; else why none does.

    `suspects` were named by the scanner but are another person's, or another exam.
    """

    orders: list[Order] = field(default_factory=list)
    step: ScheduledStep | None = None
    mismatch: str = ""
    suspects: list[Order] = field(default_factory=list)


def find_links(data: PerformedStepData) -> Links:
    """Resolve every item of (0040,0270); one that disagrees leaves all unlinked."""
    links = Links()
    for reference in data.references:
        _resolve(reference, data, links)
    if links.mismatch:
        links.orders, links.step = [], None
    elif not links.orders:
        links.mismatch = NO_EXAM
    return links


def _resolve(
    reference: ScheduledReference, data: PerformedStepData, links: Links
) -> None:
    order, wrong = _order_of(reference)
    if order is None:
        return
    wrong = wrong or patient_differs(
        order.patient,
        patient_id=data.patient_id,
        patient_name=data.patient_name,
        birth_date=data.birth_date,
        sex=data.sex,
    )
    if wrong:
        links.mismatch = links.mismatch or wrong
        links.suspects.append(order)
        return
    if not links.orders:
        links.step = _step_of(order, reference)
    if order not in links.orders:
        links.orders.append(order)


def _order_of(reference: ScheduledReference) -> tuple[Order | None, str]:
    """The exam, and why it cannot be meant although it was named."""
    uid, accession = reference.study_instance_uid, reference.accession_number
    by_uid = _orders().filter(study_instance_uid=uid).first() if uid else None
    if by_uid and accession in ("", by_uid.accession_number):
        return by_uid, ""
    by_accession = _by_accession(reference) if accession else None
    if by_accession is not None:
        return by_accession, ""
    if by_uid:
        return by_uid, (
            f"Study UID of accession {by_uid.accession_number}, but the scanner says "
            f"accession {accession}."
        )
    return None, ""


def _by_accession(reference: ScheduledReference) -> Order | None:
    """Accession and step id, else and procedure id, else the accession's only exam."""
    found = _orders().filter(accession_number=reference.accession_number)
    if reference.accession_issuer:
        found = found.filter(accession_issuer__in=["", reference.accession_issuer])
    exams = list(found.order_by("id"))
    by_step = [
        exam
        for exam in exams
        if reference.step_id
        and any(s.step_id == reference.step_id for s in exam.steps.all())
    ]
    by_procedure = [
        exam
        for exam in exams
        if exam.requested_procedure_id == reference.requested_procedure_id
    ]
    for candidates in (by_step, by_procedure, exams):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("patient").prefetch_related(
        "steps", "patient__identifiers"
    )


def _step_of(order: Order, reference: ScheduledReference) -> ScheduledStep | None:
    steps = sorted(order.steps.all(), key=lambda step: (step.closed, step.pk))
    named = [step for step in steps if step.step_id == reference.step_id]
    return next(iter(named or steps), None)


def exam_of_study(
    *, uid: str, accession: str, patient_id: str, patient_name: str, birth_date: str
) -> tuple[Order | None, str]:
    """By Study UID, else by the only exam of the accession; the patient must agree."""
    by_uid = Q(study_instance_uid=uid) | Q(study__study_instance_uid=uid)
    found = list(_orders().filter(by_uid)[:2])
    if not found and accession:
        found = list(_orders().filter(accession_number=accession)[:2])
    if len(found) != 1:
        return None, NO_STUDY
    why = patient_differs(
        found[0].patient,
        patient_id=patient_id,
        patient_name=patient_name,
        birth_date=birth_date,
    )
    return (None, why) if why else (found[0], "")


def patient_differs(
    patient: Patient,
    *,
    patient_id: str,
    patient_name: str,
    birth_date: str = "",
    sex: str = "",
) -> str:
    """Why a device's patient is not this one, in words; nothing where both agree."""
    known = {one.value.strip() for one in patient.identifiers.all()}
    if patient_id and patient_id not in known:
        return f"The scanner says patient {patient_id[:64]}, not the exam's."
    theirs = _as_told(patient_name, birth_date, sex)
    if compare(_as_ours(patient), theirs) is Comparison.CONFLICT:
        return gettext_noop(
            "The scanner's patient has another name or birth date than the exam's."
        )
    return ""


def _as_ours(patient: Patient) -> Patient:
    return Patient(
        family_name=_plain(patient.family_name),
        given_name=_plain(patient.given_name),
        birth_date_text=patient.birth_date_text or birth_date_of(patient),
        sex=patient.sex,
    )


def _as_told(name: str, birth_date: str, sex: str) -> PatientRequest:
    alphabetic = name.partition("=")[0]
    family, given = (*alphabetic.split("^"), "", "")[:2]
    return PatientRequest(
        identifiers=(),
        family_name=_readable(family),
        given_name=_readable(given),
        birth_date_text=birth_date,
        sex=sex,
    )


def _plain(name: str) -> str:
    """As a scanner without our letters would send it back; others stay."""
    encoded, fit = encode_text(name, "")
    return name if fit is Fit.REPLACED else encoded.decode("ascii")


def _readable(name: str) -> str:
    """A name whose letters did not fit the scanner's character set proves nothing."""
    return "" if "?" in name else _plain(name)
