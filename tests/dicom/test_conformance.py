"""The conformance statement says what the server offers over a real association."""

from __future__ import annotations

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    EnhancedSRStorage,
    InstanceAvailabilityNotification,
    ModalityPerformedProcedureStep,
    ModalityPerformedProcedureStepRetrieve,
    ModalityWorklistInformationFind,
    StorageCommitmentPushModel,
    Verification,
    XRayRadiationDoseSRStorage,
)

from tests.docs_dicom import DOCUMENT, document
from tests.worklist.department import Department


def test_the_document_is_what_the_code_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run `make docs`"


@pytest.mark.django_db(transaction=True)
def test_the_server_accepts_what_the_document_names_and_no_other(
    settings: object,
) -> None:
    settings.ACCEPT_UNKNOWN_STATIONS = True  # type: ignore[attr-defined]
    offered = [
        Verification,
        ModalityWorklistInformationFind,
        ModalityPerformedProcedureStep,
        ModalityPerformedProcedureStepRetrieve,
        InstanceAvailabilityNotification,
        XRayRadiationDoseSRStorage,
        EnhancedSRStorage,
        StorageCommitmentPushModel,
    ]
    entity = AE("ANYBODY")
    for sop_class in [*offered, CTImageStorage]:
        entity.add_requested_context(sop_class)
    department = Department()
    try:
        assoc = entity.associate("127.0.0.1", department.port, ae_title="RADFLOW")
        accepted = {str(one.abstract_syntax) for one in assoc.accepted_contexts}
        assoc.release()
    finally:
        department.stop()
    assert accepted == set(map(str, offered))
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{uid}`" in text for uid in accepted)
    assert f"`{CTImageStorage}`" not in text
