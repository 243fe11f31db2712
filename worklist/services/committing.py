"""Storage commitment results: what an archive says it will keep (PS3.4 annex J)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext_noop
from pydicom.dataset import Dataset

from orders.cause import Cause
from orders.models import OrderEvent
from orders.services import note
from radflow import unit
from radflow.dicom import commitment, statuses
from radflow.dicom.commitment import Commitment
from radflow.dicom.mpps import Problem
from radflow.dicom.reading import items, text
from worklist.exceptions import StepRefused
from worklist.models import CommitmentResult, DicomNode, PerformedStep, Study
from worklist.selectors.performed import linked_orders, steps_with_instances
from worklist.services.attention import alarm
from worklist.services.exchanges import Request, keep

_NOT_AN_ARCHIVE = Problem(statuses.NOT_AUTHORISED, "Only archives that we know may")
_LISTS = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")


@unit.atomic
def take_commitment(*, event_type: int, result: Dataset, request: Request) -> None:
    """Keep it with each study that it names; the same told again changes nothing.

    Instances that no performed step named stay in the exchange alone. Raises
    StepRefused for a caller that is no archive, and for what is invalid.
    """
    archive = DicomNode.objects.filter(
        ae_title=request.calling_ae, enabled=True, is_archive=True
    ).first()
    problem = commitment.validate(event_type, result) if archive else _NOT_AN_ARCHIVE
    if problem or archive is None:
        raise StepRefused(problem or _NOT_AN_ARCHIVE)
    exchange = keep(request, status=0)
    told = commitment.read_commitment(result)
    cause = Cause(actor=request.calling_ae, exchange_id=exchange.pk, at=timezone.now())
    for study, instances in _studies_of(told):
        _keep(study, archive, _only(told, instances), cause)


def _studies_of(told: Commitment) -> Iterator[tuple[Study, set[str]]]:
    """Each study that has some of the instances, with all instances that it has."""
    uids = [*told.committed, *(uid for uid, _reason in told.failed)]
    instances: dict[int, set[str]] = {}
    for step in steps_with_instances(uids):
        for order in linked_orders(step):
            instances.setdefault(order.pk, set()).update(_named_by(step))
    for study in Study.objects.filter(order__in=instances).order_by("order"):
        assert study.order_id is not None
        yield study, instances[study.order_id]


def _named_by(step: PerformedStep) -> Iterator[str]:
    for series in items(Dataset.from_json(step.dataset), "PerformedSeriesSequence"):
        for name in _LISTS:
            for image in items(series, name):
                yield text(image, "ReferencedSOPInstanceUID")


def _only(told: Commitment, instances: set[str]) -> Commitment:
    return Commitment(
        told.transaction_uid[:64],
        tuple(uid for uid in told.committed if uid in instances),
        tuple(one for one in told.failed if one[0] in instances),
    )


def _keep(study: Study, archive: DicomNode, told: Commitment, cause: Cause) -> None:
    reasons = Counter(f"{reason:04X}" for _uid, reason in told.failed)
    values = {
        "committed": len(told.committed),
        "failed": len(told.failed),
        "reasons": dict(reasons),
    }
    mine = CommitmentResult.objects.filter(
        study=study, archive=archive, transaction_uid=told.transaction_uid
    )
    if mine.filter(**values).exists():
        return
    CommitmentResult.objects.update_or_create(
        study=study,
        archive=archive,
        transaction_uid=told.transaction_uid,
        defaults={**values, "at": cause.at},
    )
    _tell(study, archive, told, cause)


def _tell(study: Study, archive: DicomNode, told: Commitment, cause: Cause) -> None:
    assert study.order_id is not None
    if told.failed:
        alarm(
            order_id=study.order_id,
            title=gettext_noop("The archive will not keep all images"),
            detail=f"{archive.name}: {len(told.failed)} not committed. "
            "Do not delete them at the scanner; send them again.",
            cause=cause,
        )
        return
    note(
        order_id=study.order_id,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("The archive keeps the images"),
        detail=f"{archive.name}: {len(told.committed)} committed",
        cause=cause,
    )
