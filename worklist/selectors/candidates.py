"""Which orders images without one may belong to, best first, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from pydicom.dataset import Dataset

from orders.models import Order
from radflow.dicom.performed_step import PerformedStepData, read_mpps
from worklist.models import PerformedStep

Candidates = list[tuple[Order, list[str]]]
_NEAR = timedelta(hours=12)
_SCORES = {
    "Study UID": 100,
    "accession number": 60,
    "patient ID": 40,
    "modality": 10,
    "time": 10,
}
_FITS = 50


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
    start = order.scheduled_start or order.requested_start
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
