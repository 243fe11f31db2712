"""What an archive answers about one study: C-FIND of the study root model, or QIDO-RS.

Both ask the same questions: the study, its series, and of the series that are
documents their SOP classes, for the modality SR says not what kind of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
)

from radflow.dicom.availability import StudyTold, read_study
from radflow.dicom.reading import text
from radflow.dicom.remote import Remote, found_on
from radflow.dicom.web import Web

_MODEL = StudyRootQueryRetrieveInformationModelFind
STUDY_KEYS = (
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
SERIES_KEYS = (
    "Modality",
    "SeriesDescription",
    "SeriesNumber",
    "NumberOfSeriesRelatedInstances",
)
_DOCUMENTS = "SR"
# More than any study has; beyond it the modality must do.
_MOST_DOCUMENTS = 20


class Archive(Protocol):
    """Raises PeerError when it is refused or gets no answer."""

    def study(self, uid: str) -> StudyTold | None:
        """The study of this UID with its series, None where the archive has none."""


class _Levels(Protocol):
    def studies(self, uid: str) -> list[Dataset]: ...

    def series(self, uid: str) -> list[Dataset]: ...

    def instances(self, uid: str, series: str) -> list[Dataset]: ...


def _study(levels: _Levels, uid: str) -> StudyTold | None:
    """An archive that matches by nothing answers with others' studies."""
    found = [one for one in levels.studies(uid) if text(one, "StudyInstanceUID") == uid]
    if not found:
        return None
    series = levels.series(uid)
    return read_study(found[0], series, _classes(levels, uid, series))


def _classes(
    levels: _Levels, uid: str, series: list[Dataset]
) -> dict[str, tuple[str, ...]]:
    """SOP classes by series, of documents alone."""
    documents = [
        text(one, "SeriesInstanceUID")
        for one in series
        if text(one, "Modality") == _DOCUMENTS
    ]
    return {
        one: tuple(
            dict.fromkeys(text(o, "SOPClassUID") for o in levels.instances(uid, one))
        )
        for one in documents[:_MOST_DOCUMENTS]
    }


@dataclass(frozen=True, slots=True)
class QueryArchive:
    """Asked by C-FIND, one association for all of it."""

    remote: Remote

    def study(self, uid: str) -> StudyTold | None:
        with self._levels() as levels:
            return _study(levels, uid)

    @contextmanager
    def _levels(self) -> Iterator[_QueryLevels]:
        with self.remote.association(_MODEL) as assoc:
            yield _QueryLevels(assoc)


@dataclass(frozen=True, slots=True)
class _QueryLevels:
    assoc: Association

    def studies(self, uid: str) -> list[Dataset]:
        return self._find("STUDY", STUDY_KEYS, StudyInstanceUID=uid)

    def series(self, uid: str) -> list[Dataset]:
        keys = (*SERIES_KEYS, "SeriesInstanceUID")
        return self._find("SERIES", keys, StudyInstanceUID=uid)

    def instances(self, uid: str, series: str) -> list[Dataset]:
        keys = ("SOPInstanceUID", "SOPClassUID")
        by = {"StudyInstanceUID": uid, "SeriesInstanceUID": series}
        return self._find("IMAGE", keys, **by)

    def _find(self, level: str, keys: tuple[str, ...], **by: str) -> list[Dataset]:
        query = Dataset()
        query.QueryRetrieveLevel = level
        for keyword in ("SpecificCharacterSet", *keys):
            setattr(query, keyword, "")
        for keyword, value in by.items():
            setattr(query, keyword, value)
        return found_on(self.assoc, query, _MODEL)


@dataclass(frozen=True, slots=True)
class WebArchive:
    """Asked by QIDO-RS (PS3.18 section 10.6)."""

    web: Web

    def study(self, uid: str) -> StudyTold | None:
        return _study(self, uid)

    def studies(self, uid: str) -> list[Dataset]:
        return self.web.search("studies", STUDY_KEYS, StudyInstanceUID=uid)

    def series(self, uid: str) -> list[Dataset]:
        return self.web.search(f"studies/{uid}/series", SERIES_KEYS)

    def instances(self, uid: str, series: str) -> list[Dataset]:
        return self.web.search(f"studies/{uid}/series/{series}/instances", ())
