"""What an archive answers about one study: C-FIND of the study root model."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
)

from radflow.dicom.availability import StudyTold, read_study
from radflow.dicom.remote import Remote

_STUDY_KEYS = (
    "SpecificCharacterSet",
    "AccessionNumber",
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "StudyDate",
    "StudyDescription",
    "InstanceAvailability",
    "RetrieveAETitle",
)
_SERIES_KEYS = (
    "SpecificCharacterSet",
    "SeriesInstanceUID",
    "Modality",
    "SeriesDescription",
    "SeriesNumber",
    "NumberOfSeriesRelatedInstances",
)


@dataclass(frozen=True, slots=True)
class Archive:
    """Asks by `remote`; raises PeerError when it is refused or gets no answer."""

    remote: Remote

    def study(self, uid: str) -> StudyTold | None:
        """The study of this UID with its series, None where the archive has none."""
        studies = self._find("STUDY", _STUDY_KEYS, StudyInstanceUID=uid)
        if not studies:
            return None
        series = self._find("SERIES", _SERIES_KEYS, StudyInstanceUID=uid)
        return read_study(studies[0], series)

    def _find(self, level: str, keys: tuple[str, ...], **by: str) -> list[Dataset]:
        query = Dataset()
        query.QueryRetrieveLevel = level
        for keyword in keys:
            setattr(query, keyword, "")
        for keyword, value in by.items():
            setattr(query, keyword, value)
        return self.remote.find(query, StudyRootQueryRetrieveInformationModelFind)
