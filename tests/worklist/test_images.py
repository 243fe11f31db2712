"""Where the images of an exam are, and who is told: archives over real associations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pydicom.dataset import Dataset

from orders.models import Order, OrderEvent
from radflow.dicom import statuses
from tests.dicom.builders import dataset
from tests.factories import UserFactory
from tests.worklist.department import Department
from tests.worklist.example import UID, example_12_1
from tests.worklist.pacs import Pacs
from tests.worklist.scanner import PPS, change, create, ended, performed
from worklist.models import DeliveryState, DicomDelivery, DicomNode, Station, Study
from worklist.services.asking import ask_archives
from worklist.services.relaying import give_up, relay_dicom, send_again

CT = "1.2.840.10008.5.1.4.1.1.2"
DOSE = "1.2.840.10008.5.1.4.1.1.88.67"
SERIES = "1.2.826.0.1.42.1"


@pytest.fixture
def order(department: Department, station: Station) -> Order:
    return example_12_1()


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    running = Pacs()
    yield running
    running.stop()


def node_of(pacs: Pacs, **values: Any) -> DicomNode:
    return DicomNode.objects.create(
        **{
            "name": "Archive",
            "ae_title": "PACS",
            "host": "127.0.0.1",
            "port": pacs.port,
            **values,
        }
    )


def scan(department: Department, order: Order, images: int = 2) -> None:
    assert create(department, performed(order)) == 0
    assert change(department, ended(images=images)) == 0


def study_at(pacs: Pacs, images: int = 2, uid: str = UID, **more: Any) -> None:
    values = {
        "StudyInstanceUID": uid,
        "PatientID": "700123",
        "PatientName": "Okafor^Ada^Grace",
        "AccessionNumber": "",
        **more,
    }
    pacs.studies.append(dataset(QueryRetrieveLevel="STUDY", **values))
    pacs.series.append(
        dataset(
            StudyInstanceUID=uid,
            SeriesInstanceUID=f"{uid}.1",
            Modality="CT",
            SeriesDescription="Axial 5 mm",
            NumberOfSeriesRelatedInstances=images,
        )
    )


def notice(*, series: dict[str, list[str]] | None = None, **values: Any) -> Dataset:
    """`series` names the SOP classes of the instances of each."""
    told = {SERIES: [CT, CT]} if series is None else series
    return dataset(
        **{
            "ReferencedPerformedProcedureStepSequence": [],
            "StudyInstanceUID": UID,
            "ReferencedSeriesSequence": [
                dataset(
                    SeriesInstanceUID=uid,
                    ReferencedSOPSequence=[
                        dataset(
                            ReferencedSOPClassUID=sop_class,
                            ReferencedSOPInstanceUID=f"{uid}.{number}",
                            InstanceAvailability="ONLINE",
                            RetrieveAETitle="PACS",
                        )
                        for number, sop_class in enumerate(classes)
                    ],
                )
                for uid, classes in told.items()
            ],
            **values,
        }
    )


def look_again() -> int:
    """As when the time of the next look has come."""
    Study.objects.exclude(ask_at=None).update(ask_at=timezone.now())
    return ask_archives()


def due_now() -> int:
    DicomDelivery.objects.update(next_attempt_at=timezone.now())
    DicomNode.objects.update(retry_at=None)
    return relay_dicom()


def test_the_archive_is_asked_until_it_has_what_the_scanner_told_of(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True)
    scan(department, order, images=2)
    assert ask_archives() == 1
    study = Study.objects.get(order=order)
    assert (study.available_at, study.ask_at is None) == (None, False)
    study_at(pacs, images=1)
    look_again()
    study.refresh_from_db()
    assert study.archive is not None
    assert (study.archived_instances, study.missing_instances) == (1, 1)
    assert study.ask_at is not None
    pacs.series[0].NumberOfSeriesRelatedInstances = 2
    look_again()
    study.refresh_from_db()
    assert study.missing_instances == 0
    assert not study.ask_at
    told = order.events.filter(title="Images in the archive")
    assert [one.detail for one in told.order_by("id")] == [
        "1 series, 1 images",
        "1 series, 2 images",
    ]


def test_an_exam_without_performed_step_finds_its_images_too(
    department: Department, order: Order, pacs: Pacs
) -> None:
    from orders.cause import Cause
    from orders.lifecycle import Event
    from orders.services import record_event

    node_of(pacs, is_archive=True)
    study_at(pacs)
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="test"))
    assert ask_archives() == 1
    assert Study.objects.get(order=order).archived_instances == 2


def test_images_that_never_come_are_told_in_the_end(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True)
    scan(department, order)
    Study.objects.update(asking_since=timezone.now() - timedelta(days=3))
    look_again()
    order.refresh_from_db()
    assert "never reached the archive" in order.needs_attention
    assert Study.objects.get().ask_at is None


def test_images_of_another_patient_are_never_linked(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True)
    study_at(pacs, PatientID="999", PatientName="Mensah^Kofi")
    scan(department, order)
    ask_archives()
    study = Study.objects.get(study_instance_uid=UID)
    assert study.order == order  # the exam's own, as the scanner told of it
    assert (study.available_at, study.archived_instances) == (None, 0)
    order.refresh_from_db()
    assert "another patient" in order.needs_attention
    look_again()
    stops = order.events.filter(kind=OrderEvent.Kind.STOP)
    assert stops.count() == 1  # told once, looked at again


def test_an_archive_away_is_no_answer_and_its_fault_is_shown(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node = node_of(pacs, is_archive=True)
    scan(department, order)
    pacs.stop()
    assert ask_archives() == 1
    node.refresh_from_db()
    assert node.fault == "no association"
    assert Study.objects.get(order=order).ask_at is not None


def test_a_notice_tells_the_exam_and_what_the_series_hold(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True)
    archive = department.scanner("PACS")
    told = notice(series={SERIES: [CT, CT], f"{SERIES}.9": [DOSE]})
    assert archive.notify_available("1.2.3.4", told).status == 0
    study = Study.objects.get(order=order)
    assert [one.holds for one in study.series.all()] == ["images", "dose"]
    assert study.archived_instances == 3
    event = order.events.get(title="Images in the archive")
    assert event.exchange_id is not None
    again = archive.notify_available("1.2.3.5", told)
    assert again.status == 0
    assert order.events.filter(title="Images in the archive").count() == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"StudyInstanceUID": ""}, statuses.MISSING_ATTRIBUTE_VALUE),
        ({"series": {}}, statuses.MISSING_ATTRIBUTE_VALUE),
        ({"series": {SERIES: []}}, statuses.MISSING_ATTRIBUTE_VALUE),
        ({"series": {SERIES: [""]}}, statuses.MISSING_ATTRIBUTE_VALUE),
    ],
)
def test_a_notice_that_lacks_something_is_refused(
    department: Department,
    order: Order,
    pacs: Pacs,
    wrong: dict[str, Any],
    status: int,
) -> None:
    node_of(pacs, is_archive=True)
    reply = department.scanner("PACS").notify_available("1.2.3.4", notice(**wrong))
    assert reply.status == status
    assert not Study.objects.exists()


def test_images_of_no_exam_wait_for_a_person(
    department: Department, order: Order, pacs: Pacs, client: Client
) -> None:
    node_of(pacs, is_archive=True)
    stranger = notice(StudyInstanceUID="1.2.999")
    department.scanner("PACS").notify_available("1.2.3.4", stranger)
    study = Study.objects.get(study_instance_uid="1.2.999")
    assert study.order is None
    client.force_login(UserFactory.create(role="coordinator"))
    listed = client.get("/reconciliation/?kind=strange-studies").content.decode()
    assert f"/studies/{study.pk}/" in listed
    page = f"/studies/{study.pk}/"
    assert client.get(page).status_code == 200
    form = {"accession": order.accession_number, "reason": "Same wristband."}
    assert client.post(page, form).status_code == 302
    study.refresh_from_db()
    assert study.order == order
    assert client.post(page, form).status_code == 409


def test_a_second_study_of_an_exam_waits_for_a_person_too(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True)
    Study.objects.create(order=order, study_instance_uid="1.2.777", series_count=1)
    reply = department.scanner("PACS").notify_available("1.2.3.4", notice())
    assert reply.status == 0
    second = Study.objects.get(study_instance_uid=UID)
    assert second.order is None
    assert "another Study UID" in second.mismatch


def test_steps_are_passed_on_in_their_order_and_once(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, wants_steps=True)
    scan(department, order)
    assert due_now() == 2
    assert [(what, uid) for what, uid, _ in pacs.taken] == [
        ("create", PPS),
        ("set", PPS),
    ]
    first, last = pacs.taken[0][2], pacs.taken[1][2]
    assert first.PerformedProcedureStepStatus == "IN PROGRESS"
    assert first.PatientName == "Okafor^Ada^Grace^Ms"
    assert last.PerformedProcedureStepStatus == "COMPLETED"
    assert due_now() == 0
    assert order.events.filter(title="Begin of the scan passed on").count() == 1


def test_a_receiver_away_gets_all_of_it_later(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node = node_of(pacs, wants_steps=True, port=1)
    scan(department, order)
    assert due_now() == 1
    waiting = DicomDelivery.objects.order_by("id")
    assert [one.state for one in waiting] == [DeliveryState.QUEUED] * 2
    assert waiting[0].next_attempt_at > timezone.now()
    DicomNode.objects.filter(pk=node.pk).update(port=pacs.port)
    assert due_now() == 2
    assert pacs.told == ["create", "set"]


def test_what_a_receiver_has_already_is_taken(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, wants_steps=True)
    create(department, performed(order))
    pacs.status = statuses.DUPLICATE_INSTANCE
    due_now()
    assert DicomDelivery.objects.get().state == DeliveryState.SENT


@pytest.mark.parametrize("decide", [send_again, give_up])
def test_a_refusal_waits_for_a_person_and_holds_what_follows(
    department: Department, order: Order, pacs: Pacs, decide: Any
) -> None:
    node_of(pacs, wants_steps=True)
    pacs.status = statuses.PROCESSING_FAILURE
    scan(department, order)
    assert due_now() == 1
    refused = DicomDelivery.objects.order_by("id")[0]
    assert (refused.state, refused.status) == (DeliveryState.REFUSED, 0x0110)
    assert order.events.filter(kind=OrderEvent.Kind.STOP).exists()
    assert due_now() == 0
    pacs.status = 0
    admin = UserFactory.create(role="interface_admin")
    decide(delivery_id=refused.pk, by=admin)
    due_now()
    expected = ["create", "set"] if decide is send_again else ["set"]
    assert pacs.told[1:] == expected


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ({"modalities": ["CT"]}, True),
        ({"modalities": ["MR"]}, False),
        ({"procedures": ["NONE"]}, False),
        ({"enabled": False}, False),
    ],
)
def test_rules_choose_whose_steps_are_passed_on(
    department: Department,
    order: Order,
    pacs: Pacs,
    rules: dict[str, Any],
    passes: bool,
) -> None:
    node_of(pacs, wants_steps=True, **rules)
    create(department, performed(order))
    assert DicomDelivery.objects.exists() is passes


def test_the_availability_is_told_where_the_archive_only_answers(
    department: Department, order: Order, pacs: Pacs
) -> None:
    node_of(pacs, is_archive=True, wants_availability=True)
    study_at(pacs)
    scan(department, order)
    ask_archives()
    assert due_now() == 1
    _, _, told = pacs.taken[0]
    assert told.StudyInstanceUID == UID
    image = told.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert (image.InstanceAvailability, image.RetrieveAETitle) == ("ONLINE", "PACS")


def test_the_order_page_tells_where_the_images_are(
    department: Department, order: Order, pacs: Pacs, client: Client
) -> None:
    node_of(
        pacs,
        is_archive=True,
        wants_steps=True,
        viewer_url="https://view.example/?study={study}",
    )
    study_at(pacs, images=1)
    scan(department, order)
    ask_archives()
    client.force_login(UserFactory.create(role="coordinator"))
    page = client.get(f"/orders/{order.pk}/").content.decode()
    assert "1 image of the scanner is not in the archive" in page
    assert f"https://view.example/?study={UID}" in page
    assert "Performed step created" in page


@pytest.mark.django_db
def test_interface_admins_keep_archives(client: Client) -> None:
    client.force_login(UserFactory.create(role="interface_admin"))
    form = {
        "name": "North",
        "ae_title": "NORTH",
        "host": "pacs.example",
        "port": "104",
        "enabled": "on",
        "modalities": "CT, MR",
        "viewer_url": "ftp://x",
    }
    assert client.post("/archives/add/", form).status_code == 400
    form["viewer_url"] = ""
    assert client.post("/archives/add/", form).status_code == 302
    node = DicomNode.objects.get()
    assert node.modalities == ["CT", "MR"]
    page = f"/archives/{node.pk}/"
    stale = {**form, "revision": "1", "name": "South"}
    assert client.post(page, stale).status_code == 302
    assert client.post(page, {**stale, "name": "East"}).status_code == 400
    listed = client.get("/archives/").content.decode()
    assert "South" in listed and "East" not in listed
