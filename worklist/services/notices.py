"""A notification that images are available, made of what the scanner told (annex R)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from orders.models import Order
from radflow.dicom.availability import ONLINE
from radflow.dicom.reading import items, text
from worklist.models import PerformedStep
from worklist.reasons import WRONG_ENTRY

_IMAGES = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")


def notice_of(order: Order, retrieve_ae: str) -> tuple[str, dict[str, Any]] | None:
    """Its UID and data set; None where no scanner told which instances there are."""
    steps = PerformedStep.objects.filter(order=order, from_modality=True)
    told = [step for step in steps if step.discontinuation_code != WRONG_ENTRY]
    series = [one for step in told for one in _series_of(step, retrieve_ae)]
    if not series:
        return None
    notice = Dataset()
    notice.ReferencedPerformedProcedureStepSequence = []
    notice.StudyInstanceUID = order.study_instance_uid
    notice.ReferencedSeriesSequence = series
    return str(generate_uid(prefix=None)), notice.to_json_dict()


def _series_of(step: PerformedStep, retrieve_ae: str) -> Iterator[Dataset]:
    for told in items(Dataset.from_json(step.dataset), "PerformedSeriesSequence"):
        images = [
            _image(one, retrieve_ae) for name in _IMAGES for one in items(told, name)
        ]
        if not images:
            continue
        series = Dataset()
        series.SeriesInstanceUID = text(told, "SeriesInstanceUID")
        series.ReferencedSOPSequence = images
        yield series


def _image(told: Dataset, retrieve_ae: str) -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID = text(told, "ReferencedSOPClassUID")
    image.ReferencedSOPInstanceUID = text(told, "ReferencedSOPInstanceUID")
    image.InstanceAvailability = ONLINE
    image.RetrieveAETitle = retrieve_ae
    return image
