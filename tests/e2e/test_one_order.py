"""One order through the whole house, every step at its real door.

The tests share one running radflow and build on each other, in this order.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE

from tests.e2e.clients import Hospital, Rest, fields, findscu, send, wait_for
from tests.e2e.people import answer_safety, axe_violations, signed_in
from tests.instance import Instance

NOW = datetime.now(UTC)
START = (NOW + timedelta(hours=1)).replace(second=0, microsecond=0)
UID = "2.25.160133186429841150224478235105312347999"
MPPS = "1.2.840.10008.3.1.2.3.3"
PPS_UID = generate_uid()


def order(
    control_id: str,
    placer: str,
    accession: str,
    *,
    mrn: str = "E2E001",
    start: datetime | None = START,
    version: str = "2.3.1",
    uid: str = "",
) -> str:
    timing = f"1^^^{start:%Y%m%d%H%M%S}+0000^^S" if start else ""
    lines = [
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|{NOW:%Y%m%d%H%M%S}+0000||ORM^O01|"
        f"{control_id}|P|{version}",
        f"PID|1||{mrn}^^^GENHOSP^MR||Quill^Ada^Grace^^Ms||19800514|F",
        f"ORC|NW|{placer}^EHRX|||||{timing}||{NOW:%Y%m%d%H%M%S}+0000|||3002^Fox^Sam",
        f"OBR|1|{placer}^EHRX||CTPA^CT pulmonary angiogram^99RADFLOW||||||||||||||"
        f"{accession}||||||CT",
    ]
    if uid:
        lines.append(f"ZDS|{uid}^EHRX^Application^DICOM")
    return "\r".join(lines) + "\r"


def applied(rest: Rest, control_id: str) -> dict[str, Any]:
    """The message once a worker has brought it to an end."""

    def done() -> dict[str, Any] | None:
        message = rest.message(control_id)
        return message if message and message["state"] != "received" else None

    return wait_for(f"{control_id} is taken up", done)


def test_an_order_is_acknowledged_and_applied(
    radflow: Instance, hospital: Hospital, rest: Rest
) -> None:
    answer = send(radflow.mllp_port, order("E2E-1", "PE1", "ACCE2E1", uid=UID))
    assert fields(answer, "MSA")[1:3] == ["AA", "E2E-1"]
    message = applied(rest, "E2E-1")
    assert (message["state"], message["message_type"]) == ("applied", "ORM^O01")
    made = rest.order("ACCE2E1")
    assert made is not None
    assert made["id"] in message["order_ids"]
    assert made["status"] == "scheduled"
    assert made["study_instance_uid"] == UID
    assert made["patient"]["identifiers"][0]["value"] == "E2E001"
    assert made["scheduled_start"].startswith(f"{START:%Y-%m-%dT%H:%M}")


def test_the_order_response_arrives_once_and_is_settled(
    hospital: Hospital, rest: Rest
) -> None:
    (response,) = wait_for("ORR", lambda: hospital.of_type("ORR^O02", "MSA|AA|E2E-1"))
    assert fields(response, "ORC")[1:3] == ["OK", "PE1^EHRX"]
    control_id = fields(response, "MSH")[10]
    wait_for(
        "its ACK is matched",
        lambda: (rest.message(control_id) or {}).get("state") == "acknowledged",
    )
    assert len(hospital.of_type("ORR^O02", "MSA|AA|E2E-1")) == 1


def test_the_same_message_again_changes_nothing(radflow: Instance, rest: Rest) -> None:
    first = rest.get("messages/", control_id="E2E-1")["count"]
    answer = send(radflow.mllp_port, order("E2E-1", "PE1", "ACCE2E1", uid=UID))
    assert fields(answer, "MSA")[1:3] == ["AA", "E2E-1"]
    rows = rest.get("messages/", control_id="E2E-1")
    assert rows["count"] == first + 1
    assert rows["results"][0]["state"] == "duplicate"
    assert rest.get("orders/", accession_number="ACCE2E1")["count"] == 1


@pytest.mark.parametrize(
    ("control_id", "change", "expected"),
    [
        ("E2E-T", ("ORM^O01", "BAR^P01"), ("AR", "200", "MSH^1^9")),
        ("E2E-V", ("|2.3.1", "|2.9"), ("AR", "203", "MSH^1^12")),
        ("E2E-P", ("|P|2.3.1", "|X|2.3.1"), ("AR", "202", "MSH^1^11")),
        ("E2E-I", ("E2E001^^^GENHOSP^MR", ""), ("AE", "101", "PID^1^3")),
    ],
)
def test_what_cannot_be_taken_is_refused_and_kept(
    radflow: Instance,
    rest: Rest,
    control_id: str,
    change: tuple[str, str],
    expected: tuple[str, str, str],
) -> None:
    text = order(control_id, f"P{control_id}", f"A{control_id}").replace(*change)
    answer = send(radflow.mllp_port, text)
    ack, code, location = expected
    assert fields(answer, "MSA")[1:3] == [ack, control_id]
    assert code in answer
    assert location in answer
    kept = rest.message(control_id)
    assert kept is not None
    assert kept["state"] == "rejected"
    assert (kept["error"]["code"], kept["error"]["location"]) == (code, location)


def test_unreadable_bytes_are_answered_and_kept(radflow: Instance, rest: Rest) -> None:
    before = rest.get("messages/", state="rejected")["count"]
    answer = send(radflow.mllp_port, b"\x00\xffnot a message")
    assert fields(answer, "MSA")[1] == "AR"
    assert rest.get("messages/", state="rejected")["count"] == before + 1


def test_the_board_shows_a_new_order_without_reloading(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    with signed_in(chromium, radflow.url, "coord") as page:
        page.goto("/board/?day=any&q=E2E002")
        text = order("E2E-2", "PE2", "ACCE2E2", mrn="E2E002", start=None)
        send(radflow.mllp_port, text)
        cell = page.get_by_role("cell", name="ACCE2E2", exact=True)
        expect(cell).to_be_visible(timeout=10_000)


def _book(page: Any, order_id: int, at: datetime) -> None:
    page.goto(f"/board/{order_id}/schedule/")
    page.select_option("select[name=room]", label="CT 2")
    page.fill("input[name=date]", f"{at:%Y-%m-%d}")
    page.fill("input[name=time]", f"{at:%H:%M}")
    page.click("button:has-text('Book')")


def test_a_coordinator_gives_a_room_and_a_double_booking_is_refused(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    send(radflow.mllp_port, order("E2E-3", "PE3", "ACCE2E3", mrn="E2E003", start=None))
    applied(rest, "E2E-3")
    first, second = rest.order("ACCE2E2"), rest.order("ACCE2E3")
    assert first is not None
    assert second is not None
    at = (NOW + timedelta(days=1)).replace(hour=9, minute=0)
    with signed_in(chromium, radflow.url, "coord") as page:
        _book(page, first["id"], at)
        wait_for(
            "it is scheduled",
            lambda: (rest.order("ACCE2E2") or {})["status"] == "scheduled",
        )
        _book(page, second["id"], at)
        expect(page.locator("#id_time_error")).to_contain_text("is booked from")
    assert (rest.order("ACCE2E3") or {})["status"] == "ordered"


TYPE_1_AND_2 = [
    "0040,0001",
    "0040,0002",
    "0040,0003",
    "0008,0060",
    "0040,0009",
    "0040,1001",
    "0020,000d",
    "0010,0010",
    "0010,0020",
]


def test_the_scanner_gets_the_worklist(radflow: Instance) -> None:
    step = "ScheduledProcedureStepSequence[0]."
    (item,) = findscu(
        radflow.dicom_port,
        "AccessionNumber=ACCE2E1",
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "PatientWeight",
        "StudyInstanceUID",
        "RequestedProcedureID",
        "RequestedProcedurePriority",
        "ReferringPhysicianName",
        "RequestedProcedureDescription",
        f"{step}ScheduledStationAETitle",
        f"{step}ScheduledProcedureStepStartDate",
        f"{step}ScheduledProcedureStepStartTime",
        f"{step}Modality",
        f"{step}ScheduledPerformingPhysicianName",
        f"{step}ScheduledProcedureStepID",
        f"{step}ScheduledProcedureStepDescription",
    )
    assert all(item.get(tag) for tag in TYPE_1_AND_2), item
    assert item["0010,0010"] == "Quill^Ada^Grace^Ms"
    assert item["0020,000d"] == UID
    assert item["0040,0002"] == f"{START:%Y%m%d}"
    assert item["0040,0003"] == f"{START:%H%M%S}"
    assert item["0040,1003"] == "STAT"
    assert (item["0010,0030"], item["0010,0040"]) == ("19800514", "F")


def test_the_gate_blocks_the_wrong_patient_and_opens_for_the_right_one(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    exam = rest.order("ACCE2E2")
    assert exam is not None
    with signed_in(chromium, radflow.url, "tech") as page:
        page.goto(f"/station/gate/{exam['id']}/")
        page.click("button:has-text('type identifiers')")
        page.fill("#gate-wristband", "E2E001")
        page.fill("#gate-requisition", "ACCE2E2")
        page.click("button:has-text('Check')")
        expect(page.get_by_text("This is another patient")).to_be_visible()
        expect(page.get_by_role("button", name="Start exam")).to_have_count(0)
        page.goto(f"/station/gate/{exam['id']}/")
        page.click("button:has-text('type identifiers')")
        page.fill("#gate-wristband", "E2E002")
        page.fill("#gate-requisition", "ACCE2E2")
        page.click("button:has-text('Check')")
        expect(page.get_by_text("Barcodes match. Now ask the patient.")).to_be_visible()
        start = page.get_by_role("button", name="Start exam")
        expect(start).to_be_disabled()
        born = page.locator("tr", has_text="Birth date").locator("td").first
        page.fill("#gate-born", born.inner_text())
        page.get_by_label("Name said").check()
        page.get_by_role("button", name="Confirm person").click()
        answer_safety(page)
        expect(page.get_by_text("Right patient, right order")).to_be_visible()
        start.click()
        wait_for(
            "the exam is in progress",
            lambda: (rest.order("ACCE2E2") or {})["status"] == "in_progress",
        )
    entries = rest.get(f"orders/{exam['id']}/timeline/")
    (stopped,) = [e for e in entries if e["title"] == "Identity does not match"]
    assert "expected E2E002, got E2E001" in stopped["detail"]
    assert stopped["actor"] == "tech"


def test_the_server_refuses_to_begin_without_a_check(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    exam = rest.order("ACCE2E1")
    assert exam is not None
    with signed_in(chromium, radflow.url, "tech") as page:
        page.goto(f"/station/gate/{exam['id']}/")
        token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
        answer = page.request.post(
            f"/station/gate/{exam['id']}/begin/",
            form={"csrfmiddlewaretoken": token, "verification": "1"},
            headers={"Referer": radflow.url},
        )
        assert answer.status >= 400
    assert (rest.order("ACCE2E1") or {})["status"] == "scheduled"


def _performed_step(status: str) -> Dataset:
    reference = Dataset()
    reference.StudyInstanceUID = UID
    reference.ReferencedStudySequence = []
    reference.AccessionNumber = "ACCE2E1"
    for keyword in (
        "RequestedProcedureID",
        "RequestedProcedureDescription",
        "ScheduledProcedureStepID",
        "ScheduledProcedureStepDescription",
    ):
        setattr(reference, keyword, "")
    reference.ScheduledProtocolCodeSequence = []
    step = Dataset()
    step.ScheduledStepAttributesSequence = [reference]
    step.PatientName = "Quill^Ada^Grace^Ms"
    step.PatientID = "E2E001"
    step.PatientBirthDate = "19800514"
    step.PatientSex = "F"
    step.ReferencedPatientSequence = []
    step.PerformedProcedureStepID = "PPS1"
    step.PerformedStationAETitle = "CT1_AE"
    step.PerformedStationName = ""
    step.PerformedLocation = ""
    now = datetime.now(UTC)
    step.PerformedProcedureStepStartDate = f"{now:%Y%m%d}"
    step.PerformedProcedureStepStartTime = f"{now:%H%M%S}"
    step.PerformedProcedureStepStatus = status
    step.PerformedProcedureStepDescription = ""
    step.PerformedProcedureTypeDescription = ""
    step.ProcedureCodeSequence = []
    step.PerformedProcedureStepEndDate = ""
    step.PerformedProcedureStepEndTime = ""
    step.Modality = "CT"
    step.StudyID = ""
    step.PerformedProtocolCodeSequence = []
    step.PerformedSeriesSequence = []
    return step


def _completion() -> Dataset:
    image = Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = generate_uid()
    series = Dataset()
    series.PerformingPhysicianName = ""
    series.ProtocolName = "CTPA"
    series.OperatorsName = ""
    series.SeriesInstanceUID = generate_uid()
    series.SeriesDescription = ""
    series.RetrieveAETitle = ""
    series.ReferencedImageSequence = [image]
    series.ReferencedNonImageCompositeSOPInstanceSequence = []
    change = Dataset()
    change.PerformedProcedureStepStatus = "COMPLETED"
    now = datetime.now(UTC)
    change.PerformedProcedureStepEndDate = f"{now:%Y%m%d}"
    change.PerformedProcedureStepEndTime = f"{now:%H%M%S}"
    change.PerformedSeriesSequence = [series]
    return change


def test_mpps_moves_the_exam_and_the_placer_is_told(
    radflow: Instance, hospital: Hospital, rest: Rest
) -> None:
    scanner = AE(ae_title="CT1_AE")
    scanner.add_requested_context(MPPS)
    association = scanner.associate("127.0.0.1", radflow.dicom_port, ae_title="RADFLOW")
    assert association.is_established
    created, _ = association.send_n_create(
        _performed_step("IN PROGRESS"), MPPS, PPS_UID
    )
    assert created.Status == 0x0000
    assert (rest.order("ACCE2E1") or {})["status"] == "in_progress"
    done, _ = association.send_n_set(_completion(), MPPS, PPS_UID)
    assert done.Status == 0x0000
    again, _ = association.send_n_set(_completion(), MPPS, PPS_UID)
    assert again.Status == 0x0110
    association.release()
    assert (rest.order("ACCE2E1") or {})["status"] == "performed"
    for code in ("IP", "CM"):
        (told,) = wait_for(
            f"ORM SC/{code}",
            lambda code=code: [  # type: ignore[misc]
                m
                for m in hospital.of_type("ORM^O01", "PE1^EHRX")
                if fields(m, "ORC")[1] == "SC" and fields(m, "ORC")[5] == code
            ],
        )
        assert fields(told, "ORC")[3].startswith("ACCE2E1^")


def _write(page: Any, code: str, text: str) -> None:
    page.fill(f"textarea[name='section-{code}']", text)


def test_the_radiologist_signs_and_the_result_leaves(
    radflow: Instance, chromium: Browser, hospital: Hospital, rest: Rest
) -> None:
    exam = rest.order("ACCE2E1")
    assert exam is not None
    with signed_in(chromium, radflow.url, "rad") as page:
        page.goto("/reading/")
        page.click(f"#exam-{exam['id']} a")
        _write(page, "59776-5", "Saddle embolus <5 mm & more.\nRight heart strain ≥ 1.")
        _write(page, "19005-8", "Acute saddle pulmonary embolism.")
        page.click("button:has-text('Save draft')")
        expect(page.get_by_text("Draft saved")).to_be_visible()
        page.click("button:has-text('Sign preliminary')")
        expect(page.get_by_text("Signed preliminary")).to_be_visible()
        (sent,) = wait_for("ORU P", lambda: _results(hospital, "P"))
        assert "Saddle embolus <5 mm \\T\\ more.\\.br\\Right heart strain ≥ 1." in sent
        page.select_option("select[name=category]", "1")
        page.fill("input[name=finding]", "Acute saddle pulmonary embolism")
        page.click("button:has-text('Mark critical')")
        page.click("button:has-text('Review and sign')")
        page.locator("#sign-sheet button:has-text('Sign final')").click()
        expect(page.get_by_text("Signed final")).to_be_visible()
        expect(page.locator("textarea[name^=section-]")).to_have_count(0)
    (sent,) = wait_for("ORU F", lambda: _results(hospital, "F"))
    rows = [line.split("|") for line in sent.split("\r") if line.startswith("OBX|")]
    codes = [row[3].partition("^")[0] for row in rows]
    assert codes[0] == "55111-9"
    assert codes[-1] == "113014"
    assert {"59776-5", "19005-8"} <= set(codes)
    by_code = dict(zip(codes, rows, strict=True))
    assert by_code["19005-8"][8] == "AA"
    assert by_code["19005-8"][11] == "F"


def _results(hospital: Hospital, status: str) -> list[str]:
    return [
        message
        for message in hospital.of_type("ORU^R01", "PE1^EHRX")
        if fields(message, "OBR")[25] == status
    ]


def test_a_critical_case_climbs_until_a_human_acknowledges(
    radflow: Instance, chromium: Browser, clinic: Rest
) -> None:
    (case,) = clinic.get("critical-cases/", accession_number="ACCE2E1")["results"]
    with signed_in(chromium, radflow.url, "rad") as page:
        page.goto("/reading/")
        expect(page.locator("[data-alert]").first).to_be_attached(timeout=10_000)
        climbed = wait_for(
            "the deadline escalates",
            lambda: (
                c := clinic.get(f"critical-cases/{case['id']}/"),
                c if c["level"] > 0 else None,
            )[1],
            seconds=60,
        )
        assert climbed["state"] == "notifying"
        page.goto(f"/critical/{case['id']}/acknowledge/")
        page.fill("input[name=person]", "Dr Sam Fox, ED")
        page.select_option("select[name=method]", "phone")
        page.check("input[name=read_back]")
        page.click("main button:has-text('Acknowledge')")
        expect(page.get_by_text("is acknowledged")).to_be_visible()
    ended = clinic.get(f"critical-cases/{case['id']}/")
    assert ended["state"] == "acknowledged"
    assert (ended["acknowledged_by"], ended["read_back"]) == ("rad", True)


def test_the_timeline_tells_all_of_it(
    radflow: Instance, chromium: Browser, rest: Rest
) -> None:
    exam = rest.order("ACCE2E1")
    assert exam is not None
    entries = wait_for(
        "the last acknowledgement is on it",
        lambda: (
            found := rest.get(f"orders/{exam['id']}/timeline/"),
            found if "acknowledgement" in str([e["title"] for e in found]) else None,
        )[1],
    )
    reached = [e["to_status"] for e in entries if e["to_status"]]
    assert reached == ["ordered", "scheduled", "in_progress", "performed"]
    kinds = {e["kind"] for e in entries}
    assert {"message", "state", "worklist", "report", "critical"} <= kinds
    assert all(e["message_id"] or e["exchange_id"] or e["actor"] for e in entries), (
        entries
    )
    with signed_in(chromium, radflow.url, "pacs") as page:
        page.goto(f"/orders/{exam['id']}/")
        page.locator(".tl a:has-text('Message')").first.click()
        page.click("a:has-text('Raw')")
        expect(page.get_by_text("PE1^EHRX").first).to_be_visible()


def test_hints_come_in_order_and_a_late_reader_catches_up(
    radflow: Instance, rest: Rest
) -> None:
    with rest.socket() as live:
        send(
            radflow.mllp_port,
            order("E2E-9", "PE9", "ACCE2E9", mrn="E2E009", start=None),
        )
        hints: list[dict[str, Any]] = []
        while not any(h["topic"] == "order" for h in hints):
            hints.append(json.loads(live.recv(timeout=10)))
    numbers = [hint["seq"] for hint in hints]
    assert numbers == sorted(set(numbers))
    assert set(hints[0]) == {"seq", "topic", "id", "version", "at"}
    with rest.socket(after=numbers[0] - 1) as again:
        assert json.loads(again.recv(timeout=10))["seq"] == numbers[0]


def test_nobody_hears_what_they_may_not(radflow: Instance, clinic: Rest) -> None:
    with clinic.socket() as live:
        send(
            radflow.mllp_port,
            order("E2E-10", "PE10", "ACCE2E10", mrn="E2E010", start=None),
        )
        topics = set()
        while "order" not in topics:
            topics.add(json.loads(live.recv(timeout=10))["topic"])
    assert "message" not in topics


PAGES = {
    "coord": ["/board/", "/critical/", "/orders/{exam}/", "/board/{waiting}/schedule/"],
    "tech": ["/station/", "/station/gate/{waiting}/"],
    "rad": ["/reading/", "/reading/{exam}/", "/reading/{unread}/", "/critical/"],
    "pacs": ["/messages/", "/messages/in/1/", "/messages/in/1/?tab=raw", "/demo/"],
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("username", list(PAGES))
def test_axe_finds_nothing(
    radflow: Instance,
    chromium: Browser,
    rest: Rest,
    username: str,
    width: int,
    dark: bool,
) -> None:
    ids = {
        "exam": (rest.order("ACCE2E1") or {})["id"],
        "waiting": (rest.order("ACCE2E3") or {})["id"],
        "unread": rest.get("orders/", status="performed")["results"][-1]["id"],
    }
    with signed_in(chromium, radflow.url, username, width=width, dark=dark) as page:
        for path in PAGES[username]:
            page.goto(path.format(**ids))
            assert axe_violations(page) == [], path
