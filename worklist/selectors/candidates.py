"""Which orders and images without each other may belong together, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext_noop
from pydicom.dataset import Dataset

from orders.models import Order
from radflow.dicom.performed_step import PerformedStepData, read_mpps
from worklist.models import PerformedStep

Candidates = list[tuple[Order, list[str]]]
_NEAR = timedelta(hours=12)
_SCORES = {
    gettext_noop("Study UID"): 100,
    gettext_noop("accession number"): 60,
    gettext_noop("patient ID"): 40,
    gettext_noop("modality"): 10,
    gettext_noop("time"): 10,
}
_FITS = 50
_SAME_KIND_AND_DAY = {"modality", "time"}
_MOST_STEPS = 200


def candidates_for(steps: Sequence[PerformedStep]) -> dict[int, Candidates]:
    """By step; two queries for all of them."""
    told = {step.pk: told_by(step) for step in steps}
    orders = _possible(list(told.values()))
    found = {}
    for step in steps:
        scored = [(order, _reasons(order, step, told[step.pk])) for order in orders]
        fitting = [(o, why) for o, why in scored if _score(why) >= _FITS]
        found[step.pk] = sorted(fitting, key=lambda pair: -_score(pair[1]))[:5]
    return found


def steps_for(orders: Sequence[Order]) -> dict[int, tuple[PerformedStep, list[str]]]:
    """By order, the unlinked step that fits best: of its patient, or of its modality
    and day (an ID typed wrong at the scanner). Two queries."""
    told = [(step, told_by(step)) for step in _unlinked_near(orders)]
    if told:
        prefetch_related_objects(list(orders), "patient__identifiers")
    found = {}
    for order in orders:
        scored = [(step, _reasons(order, step, data), data) for step, data in told]
        fitting = [one for one in scored if _may_be(one[1])]
        if fitting:
            step, why, data = max(fitting, key=lambda one: _score(one[1]))
            is_other = bool(data.patient_id) and "patient ID" not in why
            found[order.pk] = (step, [*why, *([_OTHER_PATIENT] if is_other else [])])
    return found


def exams_like(*, uid: str, accession: str, patient_id: str) -> Candidates:
    """Exams that images of an archive may belong to, the likeliest first; one query."""
    by_number = Q(study_instance_uid=uid)
    if accession:
        by_number |= Q(accession_number=accession)
    if patient_id:
        by_number |= Q(patient__identifiers__value=patient_id)
    found = Order.objects.filter(by_number).select_related("patient")
    found = found.prefetch_related("patient__identifiers").distinct()
    scored = [
        (order, _agreement(order, uid, accession, patient_id))
        for order in found.order_by("-id")[:200]
    ]
    return sorted(scored, key=lambda pair: -_score(pair[1]))[:5]


def _agreement(order: Order, uid: str, accession: str, patient_id: str) -> list[str]:
    ids = {one.value for one in order.patient.identifiers.all()}
    checks = {
        "Study UID": order.study_instance_uid == uid,
        "accession number": bool(accession) and order.accession_number == accession,
        "patient ID": bool(patient_id) and patient_id in ids,
    }
    return [name for name, agrees in checks.items() if agrees]


_OTHER_PATIENT = "but another patient ID"


def _unlinked_near(orders: Sequence[Order]) -> list[PerformedStep]:
    moments = [moment for order in orders if (moment := _moment(order))]
    if not moments:
        return []
    near = (min(moments) - _NEAR, max(moments) + _NEAR)
    found = PerformedStep.objects.filter(order=None, started_at__range=near)
    return list(found.order_by("-started_at")[:_MOST_STEPS])


def _may_be(reasons: Sequence[str]) -> bool:
    return _score(reasons) >= _FITS or set(reasons) >= _SAME_KIND_AND_DAY


def _moment(order: Order) -> datetime | None:
    return order.started_at or order.scheduled_start or order.requested_start


def told_by(step: PerformedStep) -> PerformedStepData:
    return read_mpps(Dataset.from_json(step.dataset), step.sop_instance_uid)


def _possible(told: Sequence[PerformedStepData]) -> list[Order]:
    uids = {r.study_instance_uid for data in told for r in data.references}
    accessions = {r.accession_number for data in told for r in data.references}
    people = {data.patient_id for data in told}
    found = Order.objects.filter(
        Q(study_instance_uid__in=uids - {""})
        | Q(accession_number__in=accessions - {""})
        | Q(patient__identifiers__value__in=people - {""})
    )
    found = found.select_related("patient").prefetch_related("patient__identifiers")
    return list(found.distinct().order_by("-id")[:500])


def _reasons(order: Order, step: PerformedStep, data: PerformedStepData) -> list[str]:
    ids = {one.value for one in order.patient.identifiers.all()}
    references = data.references
    start = _moment(order)
    checks = {
        "Study UID": any(
            r.study_instance_uid == order.study_instance_uid for r in references
        ),
        "accession number": any(
            r.accession_number == order.accession_number for r in references
        ),
        "patient ID": bool(data.patient_id) and data.patient_id in ids,
        "modality": bool(data.modality) and data.modality == order.modality,
        "time": bool(start and abs(start - step.started_at) < _NEAR),
    }
    return [name for name, fits in checks.items() if fits]


def _score(reasons: Sequence[str]) -> int:
    return sum(_SCORES[name] for name in reasons)
