"""Signed text: complete, immutable, chained, sent."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from orders.exceptions import VersionConflict
from orders.models import Order
from radflow.accounts.models import User
from radflow.hl7.message import Message
from radflow.messaging.models import OutboundMessage, Peer
from reports.exceptions import ReportRefused
from reports.lifecycle import ReportState
from reports.models import Report, ReportVersion, SectionCode
from reports.services import open_case, open_report, save_draft, sign_report
from reports.services.signing import content_hash
from worklist.models import PerformedStep

pytestmark = pytest.mark.django_db


def sign(report: Report, user: User, status: str = "final") -> ReportVersion:
    report.refresh_from_db()
    return sign_report(
        report_id=report.pk,
        status=ReportState(status),
        expected_version=report.version,
        user=user,
    )


def results(order: Order) -> list[Message]:
    sent = OutboundMessage.objects.filter(message_type="ORU^R01").order_by("id")
    return [Message.parse(bytes(m.raw)) for m in sent if order.pk in m.order_ids]


def test_final_after_preliminary_makes_two_versions(
    draft: Report, radiologist: User
) -> None:
    first = sign(draft, radiologist, "preliminary")
    second = sign(draft, radiologist)
    assert (first.status, second.status) == ("preliminary", "final")
    assert (first.number, second.number) == (1, 2)
    order = Order.objects.get(pk=draft.order_id)
    assert order.report_status == "final"


def test_final_text_takes_no_more_drafts(draft: Report, radiologist: User) -> None:
    sign(draft, radiologist)
    draft.refresh_from_db()
    with pytest.raises(ReportRefused):
        save_draft(
            report_id=draft.pk,
            sections={SectionCode.FINDINGS.value: "Changed"},
            expected_version=draft.version,
            user=radiologist,
        )
    with pytest.raises(ReportRefused):
        sign(draft, radiologist, "preliminary")


def test_the_database_refuses_to_change_signed_text(
    draft: Report, radiologist: User
) -> None:
    version = sign(draft, radiologist)
    for sql in (
        "UPDATE reports_version SET sections = '{}' WHERE id = %s",
        "DELETE FROM reports_version WHERE id = %s",
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            connection.cursor().execute(sql, [version.pk])


def test_versions_form_a_chain_that_can_be_checked(
    draft: Report, radiologist: User
) -> None:
    versions = [sign(draft, radiologist, "preliminary"), sign(draft, radiologist)]
    previous = ""
    for version in versions:
        expected = content_hash(
            {
                "report": draft.pk,
                "number": version.number,
                "status": version.status,
                "sections": version.sections,
                "signed_by": radiologist.username,
                "signed_at": version.signed_at.isoformat(),
                "previous": previous,
            }
        )
        assert version.content_hash == expected
        previous = version.content_hash


def test_empty_findings_or_impression_cannot_be_signed(
    performed: Order, radiologist: User
) -> None:
    report = open_report(order_id=performed.pk, user=radiologist)
    with pytest.raises(ReportRefused) as refused:
        sign(report, radiologist)
    assert refused.value.code == "SECTION_EMPTY"
    assert results(performed) == []


def test_only_a_radiologist_signs(draft: Report, administrator: User) -> None:
    Report.objects.filter(pk=draft.pk).update(claimed_by=administrator)
    with pytest.raises(ReportRefused) as refused:
        sign(draft, administrator)
    assert refused.value.code == "NOT_ALLOWED"


def test_a_scanner_that_named_somebody_else_blocks_signing(
    draft: Report, radiologist: User
) -> None:
    PerformedStep.objects.create(
        sop_instance_uid="1.2.3",
        order_id=draft.order_id,
        status="COMPLETED",
        started_at=draft.created_at,
        mismatch="The scanner names another patient",
    )
    with pytest.raises(ReportRefused) as refused:
        sign(draft, radiologist)
    assert refused.value.code == "PATIENT_MISMATCH"


def test_a_critical_final_needs_its_case(draft: Report, radiologist: User) -> None:
    with pytest.raises(ReportRefused) as refused:
        sign_report(
            report_id=draft.pk,
            status=ReportState.FINAL,
            expected_version=draft.version,
            user=radiologist,
            critical=True,
        )
    assert refused.value.code == "CASE_MISSING"


def test_a_draft_that_changed_is_not_signed(draft: Report, radiologist: User) -> None:
    with pytest.raises(VersionConflict):
        sign_report(
            report_id=draft.pk,
            status=ReportState.FINAL,
            expected_version=draft.version - 1,
            user=radiologist,
        )


def test_the_result_has_the_sections_in_order_and_the_study_last(
    draft: Report, radiologist: User
) -> None:
    radiologist.staff_id = "5001"
    radiologist.save()
    sign(draft, radiologist)
    (result,) = results(draft.order)
    assert result.value("ORC-1") == "RE"
    assert (result.value("OBR-25"), result.value("ORC-5")) == ("F", "CM")
    assert result.value("OBR-24") == "CT"
    assert result.value("OBR-32.1.1") == "5001"
    codes = [obx.value(3) for obx in result.all("OBX")]
    assert codes == ["55111-9", "59776-5", "19005-8", "113014"]
    assert {obx.value(11) for obx in result.all("OBX")[:-1]} == {"F"}
    last = result.all("OBX")[-1]
    assert (last.value(5), last.value(11)) == (draft.order.study_instance_uid, "O")


@pytest.mark.parametrize(
    "text", ["<5 mm & ≥ 1 \\ ^~|", "one\ntwo\n\nthree", "a\tb", "🫁", "\\.br\\"]
)
@pytest.mark.parametrize("version", ["2.3.1", "2.5.1"])
def test_text_arrives_to_the_letter(
    draft: Report, radiologist: User, hospital: Peer, text: str, version: str
) -> None:
    hospital.version_out = version
    hospital.save()
    save_draft(
        report_id=draft.pk,
        sections={SectionCode.FINDINGS.value: text},
        expected_version=draft.version,
        user=radiologist,
    )
    sign(draft, radiologist)
    (result,) = results(draft.order)
    row = next(o for o in result.all("OBX") if o.value(3) == "59776-5")
    assert row.repetitions(5)[0].text() == text
    assert result.version == version


def test_critical_rows_are_marked(draft: Report, radiologist: User) -> None:
    open_case(order_id=draft.order_id, category=1, finding="Embolus", user=radiologist)
    sign(draft, radiologist)
    (result,) = results(draft.order)
    rows = {obx.value(3): obx for obx in result.all("OBX")}
    assert rows["59776-5"].value(8) == rows["19005-8"].value(8) == "AA"
    assert rows["ACTCAT"].value(5) == "RID49480"
    assert "CR-" in rows["73568-8"].value(5)
    assert "CR-" in result.value("NTE-3")
