"""Which images an archive has: its notification (PS3.4 annex R) and its answers.

Both are read into the same values. Nothing here raises for what a dataset lacks, but
`validate`, which names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from radflow.dicom import statuses
from radflow.dicom.mpps import Problem
from radflow.dicom.reading import items, text

ONLINE: Final = "ONLINE"


@dataclass(frozen=True, slots=True)
class SeriesTold:
    """One series; `modality` is empty where a notification has only SOP classes."""

    series_instance_uid: str
    modality: str
    description: str
    number: str
    instance_count: int
    sop_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyTold:
    """One study as an archive tells it; `availability` as (0008,0056) has it."""

    study_instance_uid: str
    accession_number: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    birth_date: str = ""
    date: str = ""
    description: str = ""
    availability: str = ONLINE
    retrieve_ae: str = ""
    series: tuple[SeriesTold, ...] = ()

    @property
    def instance_count(self) -> int:
        return sum(each.instance_count for each in self.series)


def validate(notice: Dataset) -> Problem | None:
    """The first type 1 attribute that a notification lacks (PS3.4 table R.3.2-1)."""
    series = items(notice, "ReferencedSeriesSequence")
    images = [one for each in series for one in items(each, "ReferencedSOPSequence")]
    needed: Sequence[tuple[str, Iterable[Dataset]]] = (
        ("StudyInstanceUID", [notice]),
        ("ReferencedSeriesSequence", [notice]),
        ("SeriesInstanceUID", series),
        ("ReferencedSOPSequence", series),
        ("ReferencedSOPClassUID", images),
        ("ReferencedSOPInstanceUID", images),
        ("InstanceAvailability", images),
        ("RetrieveAETitle", images),
    )
    for keyword, places in needed:
        for place in places:
            if problem := _lack(place, keyword):
                return problem
    return None


def _lack(place: Dataset, keyword: str) -> Problem | None:
    if keyword not in place:
        status = statuses.MISSING_ATTRIBUTE
    elif not place.get(keyword):
        status = statuses.MISSING_ATTRIBUTE_VALUE
    else:
        return None
    return Problem(status, f"{keyword} is required", keywords=(keyword,))


def read_notice(notice: Dataset) -> StudyTold:
    """A notification that `validate` lets pass; it names neither patient nor exam."""
    series = items(notice, "ReferencedSeriesSequence")
    images = [one for each in series for one in items(each, "ReferencedSOPSequence")]
    states = {text(one, "InstanceAvailability") for one in images}
    return StudyTold(
        study_instance_uid=text(notice, "StudyInstanceUID"),
        availability=ONLINE
        if states == {ONLINE}
        else min(states - {ONLINE}, default=""),
        retrieve_ae=next(
            (ae for one in images if (ae := text(one, "RetrieveAETitle"))), ""
        ),
        series=tuple(_noticed(each) for each in series),
    )


def _noticed(series: Dataset) -> SeriesTold:
    images = items(series, "ReferencedSOPSequence")
    classes = dict.fromkeys(text(one, "ReferencedSOPClassUID") for one in images)
    return SeriesTold(
        series_instance_uid=text(series, "SeriesInstanceUID"),
        modality=text(series, "Modality"),
        description=text(series, "SeriesDescription"),
        number=text(series, "SeriesNumber"),
        instance_count=len(images),
        sop_classes=tuple(classes),
    )


def read_study(
    answer: Dataset,
    series: Iterable[Dataset],
    classes: Mapping[str, tuple[str, ...]],
) -> StudyTold:
    """What a query of study and series level answered (PS3.4 C.6.2.1, PS3.18 10.6).

    `classes` are SOP classes by series, as far as somebody asked for them.
    """
    return StudyTold(
        study_instance_uid=text(answer, "StudyInstanceUID"),
        accession_number=text(answer, "AccessionNumber"),
        patient_id=text(answer, "PatientID"),
        issuer_of_patient_id=text(answer, "IssuerOfPatientID"),
        patient_name=text(answer, "PatientName").rstrip("^="),
        birth_date=text(answer, "PatientBirthDate"),
        date=text(answer, "StudyDate"),
        description=text(answer, "StudyDescription"),
        availability=text(answer, "InstanceAvailability") or ONLINE,
        retrieve_ae=text(answer, "RetrieveAETitle"),
        series=tuple(_answered(each, classes) for each in series),
    )


def _answered(series: Dataset, classes: Mapping[str, tuple[str, ...]]) -> SeriesTold:
    uid = text(series, "SeriesInstanceUID")
    count = text(series, "NumberOfSeriesRelatedInstances")
    return SeriesTold(
        series_instance_uid=uid,
        modality=text(series, "Modality"),
        description=text(series, "SeriesDescription"),
        number=text(series, "SeriesNumber"),
        instance_count=int(count) if count.isdigit() else 0,
        sop_classes=classes.get(uid, ()),
    )
