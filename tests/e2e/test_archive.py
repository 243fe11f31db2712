"""Images stored in a real archive appear on their exam, by nobody's hand."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pynetdicom import AE
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
)

from radflow.dicom.client import ScannerClient
from tests.dicom.builders import dataset
from tests.e2e.clients import Hospital, Rest, fields, send, wait_for
from tests.e2e.orthanc import PROGRAM, Orthanc
from tests.e2e.people import signed_in
from tests.instance import Instance

NOW = datetime.now(UTC)
CT = "1.2.840.10008.5.1.4.1.1.2"
UID, SERIES, IMAGE = generate_uid(), generate_uid(), generate_uid()
ORDER = "\r".join(
    [
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|{NOW:%Y%m%d%H%M%S}+0000||ORM^O01|"
        "ARCH-1|P|2.3.1",
        "PID|1||ARCH001^^^GENHOSP^MR||Okonkwo^Ada||19800514|F",
        f"ORC|NW|PA1^EHRX|||||1^^^{NOW:%Y%m%d%H%M%S}+0000^^S",
        "OBR|1|PA1^EHRX||CTPA^CT pulmonary angiogram^99RADFLOW||||||||||||||"
        "ACCARCH1||||||CT",
        f"ZDS|{UID}^EHRX^Application^DICOM",
        "",
    ]
)


def step(**values: Any) -> Dataset:
    told = {
        "ScheduledStepAttributesSequence": [
            dataset(StudyInstanceUID=UID, AccessionNumber="ACCARCH1")
        ],
        "PatientName": "Okonkwo^Ada",
        "PatientID": "ARCH001",
        "PatientBirthDate": "19800514",
        "PatientSex": "F",
        "PerformedProcedureStepID": "PPS1",
        "PerformedStationAETitle": "CT1_AE",
        "PerformedProcedureStepStartDate": f"{NOW:%Y%m%d}",
        "PerformedProcedureStepStartTime": f"{NOW:%H%M%S}",
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "Modality": "CT",
        "PerformedSeriesSequence": [],
    }
    return dataset(**{**told, **values})


def end() -> Dataset:
    image = dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=IMAGE)
    return dataset(
        PerformedProcedureStepStatus="COMPLETED",
        PerformedProcedureStepEndDate=f"{NOW:%Y%m%d}",
        PerformedProcedureStepEndTime=f"{NOW:%H%M%S}",
        PerformedSeriesSequence=[
            dataset(
                SeriesInstanceUID=SERIES,
                ProtocolName="Chest",
                ReferencedImageSequence=[image],
            )
        ],
    )


def picture(folder: Path) -> Path:
    """One image as the scanner would store it."""
    made = dataset(
        SOPClassUID=CT,
        SOPInstanceUID=IMAGE,
        StudyInstanceUID=UID,
        SeriesInstanceUID=SERIES,
        PatientName="Okonkwo^Ada",
        PatientID="ARCH001",
        PatientBirthDate="19800514",
        AccessionNumber="ACCARCH1",
        StudyDate=f"{NOW:%Y%m%d}",
        Modality="CT",
        SeriesDescription="Axial 5 mm",
        Rows=1,
        Columns=1,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        SamplesPerPixel=1,
        PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2",
        PixelData=b"\x00\x00",
    )
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = folder / "image.dcm"
    made.save_as(file, enforce_file_format=True)
    return file


def ask_for_commitment(archive: Orthanc) -> None:
    """As a scanner does whose requests name RADFLOW: the answer comes to it alone."""
    entity = AE("RADFLOW")
    entity.add_requested_context(StorageCommitmentPushModel)
    assoc = entity.associate("127.0.0.1", archive.port, ae_title=archive.ae_title)
    asked = dataset(
        TransactionUID=generate_uid(),
        ReferencedSOPSequence=[
            dataset(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=IMAGE)
        ],
    )
    status, _ = assoc.send_n_action(
        asked, 1, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1"
    )
    assoc.release()
    assert status.Status == 0


def add_archive(radflow: Instance, chromium: Browser, archive: Orthanc) -> None:
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto("/archives/add/")
        page.fill("#id_name", "Orthanc")
        page.fill("#id_ae_title", archive.ae_title)
        page.fill("#id_host", "127.0.0.1")
        page.fill("#id_port", str(archive.port))
        page.fill("#id_web_url", archive.web)
        page.check("#id_is_archive")
        page.click("main button[type=submit]")
        expect(page.get_by_text("Orthanc is saved.")).to_be_visible()


@pytest.mark.skipif(
    not Path(PROGRAM).exists(), reason="needs Orthanc: sudo apt install orthanc"
)
def test_a_stored_study_appears_on_its_exam(
    radflow: Instance, hospital: Hospital, rest: Rest, chromium: Browser, tmp_path: Path
) -> None:
    """Asked by DICOMweb where Orthanc has it, else by C-FIND."""
    with Orthanc(reports_to=radflow.dicom_port) as archive:
        add_archive(radflow, chromium, archive)
        assert fields(send(radflow.mllp_port, ORDER), "MSA")[1] == "AA"
        wait_for("the order", lambda: rest.order("ACCARCH1"))
        scanner = ScannerClient("127.0.0.1", radflow.dicom_port, "CT1_AE", "RADFLOW")
        uid = generate_uid()
        assert scanner.mpps_create(uid, step()).status == 0
        assert scanner.mpps_set(uid, end()).status == 0
        store = ["/usr/bin/storescu", "-aec", archive.ae_title, "127.0.0.1"]
        image = str(picture(tmp_path))
        subprocess.run([*store, str(archive.port), image], check=True, timeout=60)

        def arrived() -> dict[str, Any] | None:
            found = rest.get("studies/", accession_number="ACCARCH1")["results"]
            return found[0] if found and found[0]["available_at"] else None

        study = wait_for("the images are found", arrived, seconds=60)
        assert (study["archive"], study["archived_instances"]) == ("Orthanc", 1)
        assert study["missing_instances"] == 0
        assert study["series"][0]["description"] == "Axial 5 mm"
        with signed_in(chromium, radflow.url, "coord") as page:
            page.goto(f"/orders/{study['order']}/")
            expect(page.get_by_text("Orthanc has 1 series, 1 images")).to_be_visible()
            ask_for_commitment(archive)
            page.goto(f"/studies/{study['id']}/")
            expect(page.get_by_text("1 image kept")).to_be_visible()
