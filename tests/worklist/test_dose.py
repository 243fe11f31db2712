"""The dose of an exam, by performed step and by dose report, over real associations."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from radflow.dicom import statuses
from radflow.dicom.dose_report import ENHANCED
from tests.dicom.dose_reports import code, ct_content, report, x_ray_content
from tests.factories import UserFactory
from tests.worklist.department import Department
from tests.worklist.example import UID, example_12_1
from tests.worklist.scanner import PPS, change, create, ended, performed, stopped
from tests.worklist.test_images import notice
from worklist.models import DicomExchange, DicomNode, DoseRecord, Station, Study

STORESCU = "/usr/bin/storescu"


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


def sent(department: Department, **changes: Any) -> int:
    made = report(**{"StudyInstanceUID": UID, **changes})
    return department.scanner().store(made).status


def test_the_dose_of_a_performed_step_stays_with_it(
    department: Department, order: Order, client: Client
) -> None:
    create(department, performed(order))
    told = ended(
        ImageAndFluoroscopyAreaDoseProduct="12.3",
        TotalTimeOfFluoroscopy=95,
        CommentsOnRadiationDose="low",
    )
    assert change(department, told) == 0
    record = DoseRecord.objects.get()
    assert (record.source, record.performed.sop_instance_uid) == ("MPPS", PPS)  # type: ignore[union-attr]
    assert list(record.orders.all()) == [order]
    assert (record.area_dose_product, record.comment) == (12.3, "low")
    client.force_login(UserFactory.create(role="coordinator"))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "1.23 Gy·cm²" in page
    assert "CT1_AE" in page
    rest = client.get(f"/api/v1/studies/?accession_number={order.accession_number}")
    (dose,) = rest.json()["results"][0]["doses"]
    assert (dose["source"], dose["area_dose_product"]) == ("MPPS", 12.3)


def test_the_dose_of_a_wrong_entry_is_nobodys_here(
    department: Department, order: Order
) -> None:
    create(department, performed(order))
    change(department, ended(TotalTimeOfFluoroscopy=95, status="IN PROGRESS"))
    assert order.doses.count() == 1
    change(department, stopped("110514"))
    assert not order.doses.exists()


def test_a_dose_report_is_kept_as_it_came_and_read(
    department: Department, order: Order, client: Client
) -> None:
    assert sent(department, SOPInstanceUID="1.2.3.1") == 0
    record = DoseRecord.objects.get()
    assert list(record.orders.all()) == [order]
    assert bytes(record.report or b"")[128:132] == b"DICM"
    assert record.dose_length_product == 412.5
    event = order.events.get(title="Dose report received")
    exchange = DicomExchange.objects.get(pk=event.exchange_id or 0)
    assert "0040A730" not in exchange.request  # kept once, with the dose
    client.force_login(UserFactory.create(role="coordinator"))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "412.5 mGy·cm" in page
    assert "Thorax routine" in page and "11.2 mGy" in page


@pytest.mark.skipif(not Path(STORESCU).exists(), reason="needs dcmtk")
@pytest.mark.parametrize("syntax", ["-xe", "-xi"])
def test_dcmtk_stores_one(
    department: Department, order: Order, tmp_path: Path, syntax: str
) -> None:
    file = tmp_path / "dose.dcm"
    report(x_ray_content(), StudyInstanceUID=UID).save_as(
        file, enforce_file_format=True
    )
    call = [STORESCU, syntax, "-aet", "CT1_AE", "-aec", "RADFLOW", "127.0.0.1"]
    subprocess.run([*call, str(department.port), str(file)], check=True, timeout=60)
    assert order.doses.get().area_dose_product == 200.0


def test_an_enhanced_sr_with_a_dose_report_is_one(
    department: Department, order: Order
) -> None:
    assert sent(department, SOPClassUID=ENHANCED) == 0
    other = [code("126000", "Imaging Report")]
    refused = sent(department, SOPClassUID=ENHANCED, ConceptNameCodeSequence=other)
    assert refused == statuses.NOT_OF_ITS_CLASS
    assert order.doses.count() == 1


def test_the_same_report_again_changes_nothing(
    department: Department, order: Order
) -> None:
    made = report(StudyInstanceUID=UID)
    assert department.scanner().store(made).status == 0
    assert department.scanner().store(made).status == 0
    assert DoseRecord.objects.count() == 1
    assert order.events.filter(title="Dose report received").count() == 1
    made.ContentSequence = ct_content()[:1]
    reply = department.scanner().store(made)
    assert reply.status == statuses.DUPLICATE_INSTANCE


def test_a_report_of_another_patient_is_never_linked(
    department: Department, order: Order, client: Client
) -> None:
    assert sent(department, PatientID="999", PatientName="Mensah^Kofi") == 0
    record = DoseRecord.objects.get()
    assert not order.doses.exists()
    client.force_login(UserFactory.create(role="coordinator"))
    listed = client.get("/reconciliation/?kind=strange-doses").content.decode()
    assert f"/doses/{record.pk}/" in listed
    page = f"/doses/{record.pk}/"
    shown = client.get(page).content.decode()
    assert "Mensah" in shown and "412.5 mGy·cm" in shown
    form = {"accession": order.accession_number, "reason": "Merged since."}
    assert client.post(page, form).status_code == 302
    assert order.doses.get() == record
    assert client.post(page, form).status_code == 409


def test_a_report_under_another_study_uid_is_found_by_its_accession(
    department: Department, order: Order
) -> None:
    uid = "1.2.999.1"
    sent(department, StudyInstanceUID=uid, AccessionNumber=order.accession_number)
    assert order.doses.exists()


def test_who_only_looks_may_not_link(
    department: Department, order: Order, client: Client
) -> None:
    sent(department, StudyInstanceUID="1.2.999.1")
    client.force_login(UserFactory.create(role="radiologist"))
    assert client.get(f"/doses/{DoseRecord.objects.get().pk}/").status_code == 403


def test_a_report_follows_the_study_that_a_person_links(
    department: Department, order: Order, client: Client
) -> None:
    DicomNode.objects.create(
        name="Archive", ae_title="PACS", host="pacs", port=104, is_archive=True
    )
    strange = notice(StudyInstanceUID="1.2.999.1")
    department.scanner("PACS").notify_available("1.2.3.4", strange)
    sent(department, StudyInstanceUID="1.2.999.1")
    sent(department, StudyInstanceUID="1.2.999.1", PatientID="999")
    assert not order.doses.exists()
    client.force_login(UserFactory.create(role="coordinator"))
    study = Study.objects.get(study_instance_uid="1.2.999.1")
    form = {"accession": order.accession_number, "reason": "Same wristband."}
    assert client.post(f"/studies/{study.pk}/", form).status_code == 302
    assert order.doses.count() == 1  # the other patient's stays where it was
