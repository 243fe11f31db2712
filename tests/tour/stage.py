"""What a demo lacks to show every page: mistakes and doubts, as they come by wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser
from pydicom.dataset import Dataset
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    XRayRadiationDoseSRStorage,
)

from radflow.dicom.client import ScannerClient
from tests.dicom.builders import dataset, performed, query, reference
from tests.dicom.dose_reports import report
from tests.e2e.clients import Rest, send, wait_for
from tests.e2e.people import signed_in
from tests.instance import Instance, free_ports

QUILL = "PID|1||00127001^^^GENHOSP^MR||Quill^Ada Grace||19800514|F"
HALVORSEN = "PID|1||00123456^^^GENHOSP^MR||Halvorsen^Jane Anne||19450714|F"
STRANGER = "PID|1||00123456^^^GENHOSP^MR||Somerville^Else||19300101|M"
CTPA, CTHEAD = "CTPA^CT pulmonary angiogram", "CTHEAD^CT head without contrast"
AE = "CT2_AE"


def stage(radflow: Instance, chromium: Browser) -> None:
    """Once for each instance; every page of the tour then has something to show."""
    rest = Rest(radflow.url, "pacs")
    _archive(radflow, chromium)
    _messages(radflow, rest)
    _scanners(radflow)
    say(radflow, rest, "XO", "CHANGE", HALVORSEN, CTHEAD, placer="RUN")
    rest.close()
    _interfaces(radflow, chromium)


def _messages(radflow: Instance, rest: Rest) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    say(radflow, rest, "NW", "RUN", HALVORSEN, CTPA, start=soon, ae=AE)
    say(radflow, rest, "NW", "OTHER", STRANGER, CTHEAD)
    local = "CTTRAUMA^CT whole body trauma"
    say(radflow, rest, "NW", "LOCAL", QUILL, local, system="99EHRX", modality="")
    say(radflow, rest, "NW", "ZEDS", QUILL, CTHEAD, more="ZPX|1|Left arm|Ward 4|2\r")
    say(radflow, rest, "CA", "NOSUCH", QUILL, CTHEAD)
    send(radflow.mllp_port, b"\x00\xffnot a message")


def say(
    radflow: Instance,
    rest: Rest,
    control: str,
    name: str,
    pid: str,
    exam: str,
    *,
    placer: str = "",
    start: datetime | None = None,
    ae: str = "",
    system: str = "99RADFLOW",
    modality: str = "CT",
    more: str = "",
) -> None:
    """One order message, waited for until a worker is done with it."""
    now = datetime.now(UTC)
    timing = f"1^^^{start:%Y%m%d%H%M%S}+0000^^S" if start else ""
    number = f"T{placer or name}"
    lines = [
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|{now:%Y%m%d%H%M%S}+0000||ORM^O01|"
        f"TOUR-{name}|P|2.3.1",
        pid,
        f"ORC|{control}|{number}^EHRX|||||{timing}||{now:%Y%m%d%H%M%S}+0000|||"
        "3002^Fox^Sam",
        f"OBR|1|{number}^EHRX||{exam}^{system}||||||||||||||{number}||{ae}||||{modality}",
    ]
    send(radflow.mllp_port, "\r".join(lines) + "\r" + more)

    def done() -> bool:
        message = rest.message(f"TOUR-{name}")
        return message is not None and message["state"] != "received"

    wait_for(f"{name} is taken up", done)


def _archive(radflow: Instance, chromium: Browser) -> None:
    """One that cannot be reached: what it is to be told waits."""
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto("/archives/add/")
        page.fill("#id_name", "Northgate archive")
        page.fill("#id_ae_title", "PACS")
        page.fill("#id_host", "127.0.0.1")
        page.fill("#id_port", str(free_ports(1)[0]))
        page.fill("#id_viewer_url", "https://viewer.example/?study={study}")
        page.check("#id_is_archive")
        page.check("#id_wants_steps")
        page.click("main button[type=submit]")
        page.goto("/archives/rules/add/")
        page.fill("#id_name", "Emergency scans")
        page.select_option("#id_kind", "steps")
        page.fill("#id_modalities", "CT, MR")
        page.fill("#id_routes", "ROUTE_ER")
        page.get_by_label("Northgate archive").check()
        page.click("main button[type=submit]")


def _scanners(radflow: Instance) -> None:
    """One asks and begins the exam that a change then finds; one has no order."""
    client = ScannerClient(
        "127.0.0.1", radflow.dicom_port, calling_ae=AE, called_ae="RADFLOW"
    )
    (item,) = client.find_worklist(
        query(
            {"ScheduledProcedureStepID": "", "Modality": ""},
            AccessionNumber="TRUN",
            PatientName="",
            StudyInstanceUID="",
            RequestedProcedureID="",
        )
    )
    ordered = reference(
        StudyInstanceUID=item.StudyInstanceUID,
        AccessionNumber="TRUN",
        RequestedProcedureID=item.RequestedProcedureID,
        ScheduledProcedureStepID=item.ScheduledProcedureStepSequence[
            0
        ].ScheduledProcedureStepID,
    )
    _begin(client, "1.2.826.0.1.1", ordered, "Halvorsen^Jane Anne", "00123456")
    unknown = dataset(StudyInstanceUID="1.2.826.0.1.9", AccessionNumber="")
    _begin(client, "1.2.826.0.1.2", unknown, "Levi^Ruth", "00106019")
    archive = ScannerClient(
        "127.0.0.1", radflow.dicom_port, calling_ae="PACS", called_ae="RADFLOW"
    )
    strange = _images("1.2.826.0.1.8", CTImageStorage)
    assert archive.notify_available("1.2.826.0.1.3", strange).status == 0
    of_run = str(item.StudyInstanceUID)
    held = _images(of_run, CTImageStorage, *_BESIDE_IMAGES)
    assert archive.notify_available("1.2.826.0.1.4", held).status == 0
    for study in (of_run, "1.2.826.0.1.8"):
        told = report(
            StudyInstanceUID=study,
            PatientName="Halvorsen^Jane Anne",
            PatientID="00123456",
            PatientBirthDate="",
        )
        assert client.store(told).status == 0


_BESIDE_IMAGES = (
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    XRayRadiationDoseSRStorage,
)


def _images(study: str, *sop_classes: str) -> Dataset:
    """A study as an archive tells of it: a series for each kind of object."""
    series = []
    for number, sop_class in enumerate(sop_classes, start=1):
        image = dataset(
            ReferencedSOPClassUID=sop_class,
            ReferencedSOPInstanceUID=f"{study}.{number}.1",
            InstanceAvailability="ONLINE",
            RetrieveAETitle="PACS",
        )
        uid = f"{study}.{number}"
        series.append(dataset(SeriesInstanceUID=uid, ReferencedSOPSequence=[image]))
    return dataset(
        ReferencedPerformedProcedureStepSequence=[],
        StudyInstanceUID=study,
        ReferencedSeriesSequence=series,
    )


def _begin(client: ScannerClient, uid: str, asked: object, name: str, mrn: str) -> None:
    now = datetime.now(UTC)
    step = performed(
        ScheduledStepAttributesSequence=[asked],
        PatientName=name,
        PatientID=mrn,
        PerformedStationAETitle=AE,
        PerformedProcedureStepStartDate=f"{now:%Y%m%d}",
        PerformedProcedureStepStartTime=f"{now:%H%M%S}",
    )
    assert client.mpps_create(uid, step).status == 0


def _interfaces(radflow: Instance, chromium: Browser) -> None:
    """A listener, a draft contract and a replay of several, as the pages make them."""
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto("/messages/listeners/add/")
        page.fill("#id_name", "Northgate HIS")
        page.fill("#id_port", str(free_ports(1)[0]))
        page.click("main button[type=submit]")
        page.goto("/messages/contracts/")
        page.get_by_role("button", name="Draft a contract").first.click()
        page.goto("/messages/exceptions/")
        page.locator("input[name=ids]").first.check()
        page.get_by_role("button", name="Try and replay the chosen").click()
        page.get_by_label("Reason").fill("The code is mapped by now")
        page.get_by_role("button", name="Replay 1").click()
        page.wait_for_url("**/bulk/*/")
