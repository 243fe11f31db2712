"""The scanners: ask the worklist, begin what is due, end it a little later."""

from __future__ import annotations

import logging
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from pydicom.dataset import Dataset

from radflow.demo.site import ROOMS
from radflow.dicom.client import ScannerClient
from radflow.dicom.errors import PeerError

logger = logging.getLogger(__name__)

SCAN_SECONDS = (40, 90)


@dataclass
class Running:
    """A step that is being performed, until `end`."""

    sop_uid: str
    study_uid: str
    end: datetime


@dataclass
class Scanner:
    """One device. Takes at most one patient at a time, like its room."""

    ae_title: str
    modality: str
    running: Running | None = None
    done: set[str] = field(default_factory=set)

    def step(self) -> None:
        """End what is over, else begin the first exam that is due."""
        try:
            if self.running is None:
                self._begin_due()
            elif timezone.now() >= self.running.end:
                self._end(self.running)
        except (OSError, PeerError) as error:
            logger.warning("scanner %s: %s", self.ae_title, type(error).__name__)

    def _client(self) -> ScannerClient:
        return ScannerClient(
            "127.0.0.1",
            settings.DICOM_PORT,
            calling_ae=self.ae_title,
            called_ae=settings.DICOM_AE_TITLE,
        )

    def _begin_due(self) -> None:
        now = timezone.localtime().replace(tzinfo=None)
        for item in self._client().find_worklist(worklist_query(self)):
            if self._is_due(item, now):
                self._begin(item)
                return

    def _is_due(self, item: Dataset, now: datetime) -> bool:
        step = item.ScheduledProcedureStepSequence[0]
        day = step.ScheduledProcedureStepStartDate
        start = datetime.strptime(
            f"{day}{step.ScheduledProcedureStepStartTime:.6}", "%Y%m%d%H%M%S"
        )
        is_today = now - timedelta(minutes=20) <= start <= now
        return is_today and item.StudyInstanceUID not in self.done

    def _begin(self, item: Dataset) -> None:
        uid = f"2.25.{uuid.uuid4().int}"
        reply = self._client().mpps_create(uid, in_progress(item, self))
        self.done.add(item.StudyInstanceUID)
        logger.info("scanner %s: began, status 0x%04x", self.ae_title, reply.status)
        seconds = random.randint(*SCAN_SECONDS)
        self.running = Running(
            uid, item.StudyInstanceUID, timezone.now() + timedelta(seconds=seconds)
        )

    def _end(self, running: Running) -> None:
        reply = self._client().mpps_set(running.sop_uid, completed(running, self))
        logger.info("scanner %s: ended, status 0x%04x", self.ae_title, reply.status)
        self.running = None


def all_scanners() -> list[Scanner]:
    return [Scanner(ae_title, modality) for *_, ae_title, modality in ROOMS]


def worklist_query(scanner: Scanner) -> Dataset:
    """What a scanner asks: my AE title, my modality, every key it needs back."""
    step = Dataset()
    step.ScheduledStationAETitle = scanner.ae_title
    step.Modality = scanner.modality
    step.ScheduledProcedureStepStartDate = ""
    step.ScheduledProcedureStepStartTime = ""
    step.ScheduledProcedureStepDescription = ""
    step.ScheduledProcedureStepID = ""
    query = Dataset()
    query.ScheduledProcedureStepSequence = [step]
    for keyword in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "AccessionNumber",
        "RequestedProcedureID",
        "RequestedProcedureDescription",
        "StudyInstanceUID",
    ):
        setattr(query, keyword, "")
    return query


def in_progress(item: Dataset, scanner: Scanner) -> Dataset:
    """N-CREATE of a step, as PS3.4 table F.7.2-1 asks."""
    step = item.ScheduledProcedureStepSequence[0]
    reference = Dataset()
    reference.StudyInstanceUID = item.StudyInstanceUID
    reference.ReferencedStudySequence = []
    reference.AccessionNumber = item.AccessionNumber
    reference.RequestedProcedureID = item.RequestedProcedureID
    reference.RequestedProcedureDescription = item.get(
        "RequestedProcedureDescription", ""
    )
    reference.ScheduledProcedureStepID = step.ScheduledProcedureStepID
    reference.ScheduledProcedureStepDescription = step.get(
        "ScheduledProcedureStepDescription", ""
    )
    reference.ScheduledProtocolCodeSequence = []
    now = timezone.localtime()
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.ScheduledStepAttributesSequence = [reference]
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"):
        setattr(made, keyword, item.get(keyword, ""))
    made.ReferencedPatientSequence = []
    made.PerformedProcedureStepID = f"PPS{now:%H%M%S}"
    made.PerformedStationAETitle = scanner.ae_title
    made.PerformedStationName = ""
    made.PerformedLocation = ""
    made.PerformedProcedureStepStartDate = f"{now:%Y%m%d}"
    made.PerformedProcedureStepStartTime = f"{now:%H%M%S}"
    made.PerformedProcedureStepStatus = "IN PROGRESS"
    made.PerformedProcedureStepDescription = ""
    made.PerformedProcedureTypeDescription = ""
    made.ProcedureCodeSequence = []
    made.PerformedProcedureStepEndDate = ""
    made.PerformedProcedureStepEndTime = ""
    made.Modality = scanner.modality
    made.StudyID = ""
    made.PerformedProtocolCodeSequence = []
    made.PerformedSeriesSequence = []
    return made


def completed(running: Running, scanner: Scanner) -> Dataset:
    """N-SET to COMPLETED with one series of a few images."""
    now = timezone.localtime()
    series = Dataset()
    series.PerformingPhysicianName = ""
    series.ProtocolName = f"{scanner.modality} routine"
    series.OperatorsName = ""
    series.SeriesInstanceUID = f"2.25.{uuid.uuid4().int}"
    series.SeriesDescription = "Axial"
    series.RetrieveAETitle = "PACS1"
    series.ReferencedImageSequence = [_image() for _ in range(random.randint(2, 12))]
    series.ReferencedNonImageCompositeSOPInstanceSequence = []
    change = Dataset()
    change.PerformedProcedureStepStatus = "COMPLETED"
    change.PerformedProcedureStepEndDate = f"{now:%Y%m%d}"
    change.PerformedProcedureStepEndTime = f"{now:%H%M%S}"
    change.PerformedSeriesSequence = [series]
    if scanner.modality in _WITH_RAYS:
        change.CommentsOnRadiationDose = "Simulated"
        change.ExposureDoseSequence = [_exposure()]
    return change


_WITH_RAYS = ("CT", "CR", "DX", "MG", "RF", "XA")


def _exposure() -> Dataset:
    exposure = Dataset()
    exposure.RadiationMode = "CONTINUOUS"
    exposure.KVP = "120"
    exposure.XRayTubeCurrentInuA = str(random.randint(120, 320) * 1000)
    return exposure


def _image() -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = f"2.25.{uuid.uuid4().int}"
    return image
