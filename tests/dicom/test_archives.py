"""A real archive asked by C-FIND and by QIDO-RS: the same told of the same study."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from radflow.dicom.archive import QueryArchive, WebArchive
from radflow.dicom.dose_report import X_RAY_DOSE
from radflow.dicom.remote import Remote
from radflow.dicom.web import Web
from tests.dicom.dose_reports import report
from tests.e2e.orthanc import DICOMWEB, PROGRAM, Orthanc
from tests.e2e.test_archive import UID, picture


@pytest.mark.skipif(
    not Path(PROGRAM).exists() or not Path(DICOMWEB).exists(),
    reason="needs Orthanc: sudo apt install orthanc orthanc-dicomweb",
)
def test_both_ways_of_asking_tell_the_same(tmp_path: Path) -> None:
    """Of images and of a dose report, which both name by its SOP class."""
    with Orthanc(reports_to=1) as archive:
        dose = tmp_path / "dose.dcm"
        told = {"PatientID": "ARCH001", "AccessionNumber": "ACCARCH1"}
        made = report(None, StudyInstanceUID=UID, PatientName="Okonkwo^Ada", **told)
        made.save_as(dose, enforce_file_format=True)
        store = ["/usr/bin/storescu", "-aec", archive.ae_title, "127.0.0.1"]
        files = [str(picture(tmp_path)), str(dose)]
        subprocess.run([*store, str(archive.port), *files], check=True, timeout=60)
        remote = Remote("127.0.0.1", archive.port, "RADFLOW", archive.ae_title)
        by_query = QueryArchive(remote).study(UID)
        by_web = WebArchive(Web(archive.web)).study(UID)
        assert by_query and by_web
        assert QueryArchive(remote).study("1.2.3") is None
        assert WebArchive(Web(archive.web)).study("1.2.3") is None
    found = {(one.modality, one.sop_classes) for one in by_query.series}
    assert found == {("CT", ()), ("SR", (X_RAY_DOSE,))}
    assert found == {(one.modality, one.sop_classes) for one in by_web.series}
    for name in ("patient_id", "patient_name", "accession_number", "instance_count"):
        assert getattr(by_query, name) == getattr(by_web, name)
