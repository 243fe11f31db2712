"""A scanner's side of the wire, for the demo and the end-to-end tests."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
    ModalityPerformedProcedureStepRetrieve,
    ModalityWorklistInformationFind,
    StorageCommitmentPushModel,
)

from radflow.dicom import commitment
from radflow.dicom.remote import Remote, Reply, reply_of


@dataclass(frozen=True, slots=True)
class ScannerClient(Remote):
    """What scanners and archives ask of us, one association for each."""

    def find_worklist(self, query: Dataset) -> list[Dataset]:
        return self.find(query, ModalityWorklistInformationFind)

    def mpps_create(self, sop_instance_uid: str, step: Dataset) -> Reply:
        return self.create(sop_instance_uid, step, ModalityPerformedProcedureStep)

    def mpps_set(self, sop_instance_uid: str, change: Dataset) -> Reply:
        return self.change(sop_instance_uid, change, ModalityPerformedProcedureStep)

    def mpps_get(self, sop_instance_uid: str) -> tuple[Reply, Dataset | None]:
        sop_class = ModalityPerformedProcedureStepRetrieve
        with self.association(sop_class) as assoc:
            status, step = assoc.send_n_get([], sop_class, sop_instance_uid)
            return reply_of(status), step

    def notify_available(self, sop_instance_uid: str, images: Dataset) -> Reply:
        """An archive's Instance Availability Notification (PS3.4 annex R)."""
        return self.create(sop_instance_uid, images, InstanceAvailabilityNotification)

    def store(self, stored: Dataset) -> Reply:
        with self.association(str(stored.SOPClassUID)) as assoc:
            return reply_of(assoc.send_c_store(stored))

    def report_commitment(self, event_type: int, result: Dataset) -> Reply:
        """An archive's storage commitment result (PS3.4 J.3.3)."""
        sop_class = StorageCommitmentPushModel
        with self.association(sop_class, as_provider=True) as assoc:
            status, _ = assoc.send_n_event_report(
                result, event_type, sop_class, commitment.SOP_INSTANCE
            )
            return reply_of(status)
