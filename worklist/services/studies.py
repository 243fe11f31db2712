"""The images of an exam, as far as its performed steps tell of them."""

from __future__ import annotations

from django.db.models import Max, Min, Sum
from django.utils import timezone

from orders.models import Order
from radflow.dicom.performed_step import PerformedStepData
from worklist.models import PerformedStep, Study
from worklist.reasons import WRONG_ENTRY
from worklist.selectors.nodes import IS_ARCHIVE, nodes_for


def refresh_study(order: Order, data: PerformedStepData) -> Study:
    """Count again over the exam's steps; those of a wrong entry hold others' images."""
    steps = PerformedStep.objects.filter(order=order, from_modality=True).exclude(
        discontinuation_code=WRONG_ENTRY
    )
    counted = steps.aggregate(
        series=Sum("series_count"),
        instances=Sum("instance_count"),
        started=Min("started_at"),
        ended=Max("ended_at"),
    )
    study, _ = Study.objects.get_or_create(
        order=order, defaults={"study_instance_uid": _uid(order, data)}
    )
    study.series_count = counted["series"] or 0
    study.instance_count = counted["instances"] or 0
    study.started_at, study.ended_at = counted["started"], counted["ended"]
    archive = next((one.retrieve_ae for one in data.series if one.retrieve_ae), "")
    study.retrieve_ae_title = archive[:16] or study.retrieve_ae_title
    study.save()
    return study


def expect_images(order: Order) -> None:
    """The exam was performed: its archive is asked for the images from now on."""
    if not nodes_for(order, IS_ARCHIVE):
        return
    now = timezone.now()
    Study.objects.update_or_create(
        order=order,
        defaults={"ask_at": now, "asking_since": now},
        create_defaults={
            "study_instance_uid": order.study_instance_uid,
            "ask_at": now,
            "asking_since": now,
        },
    )


def _uid(order: Order, data: PerformedStepData) -> str:
    """Where the images are: the UID the scanner used, unless another exam has it."""
    used = [
        reference.study_instance_uid
        for reference in data.references
        if reference.accession_number in ("", order.accession_number)
    ]
    uid = next(iter(used), order.study_instance_uid)
    taken = Order.objects.filter(study_instance_uid=uid).exclude(pk=order.pk).exists()
    known = Study.objects.filter(study_instance_uid=uid).exists()
    return order.study_instance_uid if taken or known else uid
