"""The result as ORU^R01: complete, in order, readable by others (3.6, 3.7, 9)."""

from __future__ import annotations

import pytest
from hl7apy.parser import parse_message

from orders.models import Order
from radflow.accounts.models import User
from radflow.hl7.message import Message, Segment
from radflow.messaging.models import OutboundMessage, Peer
from reports.lifecycle import ReportState
from reports.models import Report, SectionCode
from reports.services import acknowledge_case, open_case, save_draft, sign_report

pytestmark = pytest.mark.django_db

VERSIONS = pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
ALL = {code.value: f"{code.label} text" for code in SectionCode}


def write(report: Report, user: User, **sections: str) -> None:
    report.refresh_from_db()
    save_draft(
        report_id=report.pk,
        sections={SectionCode[name].value: text for name, text in sections.items()}
        or ALL,
        expected_version=report.version,
        user=user,
    )


def signed(report: Report, user: User, status: str = "final") -> Message:
    """Sign, and read what goes out."""
    report.refresh_from_db()
    sign_report(
        report_id=report.pk,
        status=ReportState(status),
        expected_version=report.version,
        user=user,
    )
    sent = OutboundMessage.objects.filter(message_type="ORU^R01").latest("id")
    return Message.parse(bytes(sent.raw))


def speak(peer: Peer, version: str) -> None:
    peer.version_out = version
    peer.save()


@VERSIONS
@pytest.mark.parametrize(
    ("status", "codes"), [("preliminary", ("P", "P", "A")), ("final", ("F", "F", "CM"))]
)
def test_says_its_status_everywhere_alike(
    draft: Report,
    radiologist: User,
    hospital: Peer,
    version: str,
    status: str,
    codes: tuple[str, str, str],
) -> None:
    speak(hospital, version)
    write(draft, radiologist)
    result = signed(draft, radiologist, status)
    rows = result.all("OBX")
    assert result.value("OBR-25") == codes[0]
    assert {row.value(11) for row in rows[:-1]} == {codes[1]}
    assert result.value("ORC-5") == codes[2]
    assert [row.value(1) for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert [row.value(3) for row in rows] == [*SectionCode.values, "113014"]
    assert rows[-1].value(11) == "O"
    assert result.value("OBR-22")[:14].isdigit()
    assert result.value("OBR-7")
    assert result.value("OBR-18") == draft.order.accession_number


@VERSIONS
@pytest.mark.parametrize("status", ["preliminary", "final"])
def test_another_reader_finds_the_same_fields(
    draft: Report, radiologist: User, hospital: Peer, version: str, status: str
) -> None:
    speak(hospital, version)
    open_case(order_id=draft.order_id, category=1, finding="Embolus", user=radiologist)
    write(draft, radiologist)
    signed(draft, radiologist, status)
    for sent in OutboundMessage.objects.all():
        raw = bytes(sent.raw)
        ours = Message.parse(raw)
        theirs = parse_message(raw.decode(), find_groups=False)
        assert theirs.version == ours.version
        names = [segment.name for segment in theirs.children]
        assert names == [segment.name for segment in ours.segments]
        told = [row.obx_5.to_er7() for row in theirs.children if row.name == "OBX"]
        mine = [row.raw_field(5) for row in ours.all("OBX")]
        assert [str(value) for value in told] == [str(value) for value in mine]


@pytest.mark.parametrize(
    ("modality", "code"),
    [("CT", "CT"), ("MR", "NMR"), ("US", "RUS"), ("DX", "RX"), ("PT", "RAD")],
)
def test_the_section_is_of_table_0074(
    draft: Report, radiologist: User, modality: str, code: str
) -> None:
    Order.objects.filter(pk=draft.order_id).update(modality=modality)
    assert signed(draft, radiologist).value("OBR-24") == code


def test_the_version_time_rises_from_preliminary_to_final(
    draft: Report, radiologist: User
) -> None:
    first = signed(draft, radiologist, "preliminary").value("OBR-22")
    second = signed(draft, radiologist).value("OBR-22")
    assert first <= second


@VERSIONS
def test_a_very_long_text_arrives_whole(
    draft: Report, radiologist: User, hospital: Peer, version: str
) -> None:
    speak(hospital, version)
    text = "≥ 5 mm & <10 |^~\\ lesion\n" * 8_000
    write(draft, radiologist, FINDINGS=text)
    rows = {row.value(3): row for row in signed(draft, radiologist).all("OBX")}
    assert rows["59776-5"].repetitions(5)[0].text() == text


def test_browsers_line_ends_become_one_kind(draft: Report, radiologist: User) -> None:
    write(draft, radiologist, FINDINGS="one\r\ntwo\n")
    rows = {row.value(3): row for row in signed(draft, radiologist).all("OBX")}
    assert rows["59776-5"].repetitions(5)[0].text() == "one\ntwo\n"


def test_unflagged_findings_carry_no_abnormal_flag(
    draft: Report, radiologist: User
) -> None:
    assert {row.value(8) for row in signed(draft, radiologist).all("OBX")} == {""}


@VERSIONS
def test_a_critical_result_names_case_category_and_who_was_told(
    draft: Report, radiologist: User, hospital: Peer, version: str
) -> None:
    speak(hospital, version)
    case = open_case(
        order_id=draft.order_id, category=2, finding="Embolus", user=radiologist
    )
    before = signed(draft, radiologist, "preliminary")
    assert "Not yet acknowledged" in rows_of(before)["73568-8"].value(5)
    acknowledge_case(
        case_id=case.pk,
        user=radiologist,
        person="Dr Fox",
        method="phone",
        read_back=True,
    )
    rows = rows_of(signed(draft, radiologist))
    assert "Acknowledged by Dr Fox, phone, read back" in rows["73568-8"].value(5)
    category = rows["ACTCAT"]
    assert category.value(2) == ("CWE" if version == "2.5.1" else "CE")
    assert (category.value(5, 1), category.value(5, 3)) == ("RID49481", "RADLEX")
    assert (category.value(4), category.value(8)) == (case.number, "AA")
    assert rows["18785-6" if "18785-6" in rows else "55111-9"].value(8) == ""


def rows_of(message: Message) -> dict[str, Segment]:
    return {row.value(3): row for row in message.all("OBX")}


@pytest.mark.parametrize("peer", [{"host": ""}, {"wants_results": False}])
def test_nothing_is_sent_to_who_has_no_address_or_no_wish(
    draft: Report, radiologist: User, hospital: Peer, peer: dict[str, object]
) -> None:
    Peer.objects.filter(pk=hospital.pk).update(**peer)
    draft.refresh_from_db()
    sign_report(
        report_id=draft.pk,
        status=ReportState.FINAL,
        expected_version=draft.version,
        user=radiologist,
    )
    assert not OutboundMessage.objects.filter(message_type="ORU^R01").exists()
