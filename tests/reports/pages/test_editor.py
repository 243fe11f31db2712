"""The report in the browser: writing, signing, conflicts, and who only reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.models import OutboundMessage
from reports.models import CriticalCase, Report
from reports.services import take_over
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]

FINDINGS, IMPRESSION = "section-59776-5", "section-19005-8"
HOSTILE = "</textarea><script>alert(1)</script>"


def page_of(order: Order | Report) -> str:
    order_id = order.order_id if isinstance(order, Report) else order.pk
    return f"/reading/{order_id}/"


def typed(report: Report, **changes: str) -> dict[str, str]:
    report.refresh_from_db()
    fields = {FINDINGS: "Clear lungs.", IMPRESSION: "Normal.", "action": "save"}
    return {**fields, "version": str(report.version), **changes}


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined, no-any-return]


def sign_final(client: Client, report: Report) -> None:
    """Signs what is saved."""
    report.refresh_from_db()
    fields = {"version": str(report.version), "action": "final"}
    answer = client.post(page_of(report), fields)
    assert answer.status_code == 302


def test_opening_claims_and_offers_the_six_sections(
    reader: Client, performed: Order, radiologist: User
) -> None:
    html = text(reader.get(page_of(performed)))
    assert html.count("<textarea") == 6
    assert f'name="{FINDINGS}"' in html
    assert Report.objects.get(order=performed).claimed_by == radiologist


def test_an_exam_without_images_cannot_be_reported(reader: Client, db: None) -> None:
    answer = reader.get(page_of(make_order()))
    assert answer.status_code == 409
    assert "once it is performed" in text(answer)


def test_saving_keeps_the_draft(reader: Client, draft: Report) -> None:
    answer = reader.post(page_of(draft), typed(draft), follow=True)
    assert "Draft saved." in text(answer)
    assert "Clear lungs." in text(answer)


def test_preliminary_is_signed_sent_and_still_open_to_edits(
    reader: Client, draft: Report
) -> None:
    reader.post(page_of(draft), typed(draft, action="preliminary"))
    draft.refresh_from_db()
    assert draft.status == "preliminary"
    assert OutboundMessage.objects.filter(message_type="ORU^R01").count() == 1
    assert "<textarea" in text(reader.get(page_of(draft)))


def test_final_text_is_read_only_and_says_who_signed_it(
    reader: Client, draft: Report, radiologist: User
) -> None:
    sign_final(reader, draft)
    html = text(reader.get(page_of(draft)))
    assert "<textarea" not in html
    version = draft.versions.get()
    assert f"signed by {radiologist.display_name}" in html
    assert version.content_hash in html


def test_signed_lines_are_shown_as_they_were_written(
    reader: Client, draft: Report
) -> None:
    lines = "Liver: normal.\n\n  Spleen: 12 cm."
    fields = typed(draft, action="final", **{FINDINGS: lines})
    reader.post(page_of(draft), fields)
    assert f"<p>{lines}</p>" in text(reader.get(page_of(draft)))


def test_a_refused_signature_keeps_what_was_typed(
    reader: Client, draft: Report
) -> None:
    fields = typed(draft, action="final", **{FINDINGS: "Nodule.", IMPRESSION: " "})
    answer = reader.post(page_of(draft), fields)
    assert answer.status_code == 409
    assert "Still empty: Impression." in text(answer)
    assert "Nodule." in text(answer)
    assert draft.versions.count() == 0


def test_text_from_the_hospital_and_the_reader_is_escaped(
    reader: Client, draft: Report
) -> None:
    Order.objects.filter(pk=draft.order_id).update(reason=HOSTILE)
    reader.post(page_of(draft), typed(draft, **{FINDINGS: HOSTILE}))
    writing = text(reader.get(page_of(draft)))
    reviewing = text(reader.get(f"{page_of(draft)}sign/"))
    sign_final(reader, draft)
    for html in (writing, reviewing, text(reader.get(page_of(draft)))):
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_a_stale_window_sees_both_texts_and_overwrites_nothing(
    reader: Client, draft: Report
) -> None:
    stale = typed(draft, **{FINDINGS: "From the old window"})
    reader.post(page_of(draft), typed(draft, **{FINDINGS: "From the new window"}))
    answer = reader.post(page_of(draft), stale)
    assert answer.status_code == 409
    assert "From the old window" in text(answer)
    assert "From the new window" in text(answer)
    draft.refresh_from_db()
    assert draft.draft["59776-5"] == "From the new window"


def test_after_a_takeover_the_text_of_the_first_is_shown_not_lost(
    reader: Client, draft: Report
) -> None:
    mine = typed(draft, **{FINDINGS: "Half a sentence"})
    colleague = UserFactory.create(role="radiologist")
    take_over(report_id=draft.pk, user=colleague)
    answer = reader.post(page_of(draft), mine)
    assert answer.status_code == 409
    assert "Half a sentence" in text(answer)
    assert colleague.display_name in text(answer)


def test_autosave_answers_the_next_version(reader: Client, draft: Report) -> None:
    answer = reader.post(f"{page_of(draft)}autosave/", typed(draft))
    draft.refresh_from_db()
    assert answer.json()["version"] == draft.version
    assert answer.json()["saved_at"] == draft.draft_saved_at.isoformat()  # type: ignore[union-attr]


@pytest.mark.parametrize("version", ["1", "", "x", "-1", "9" * 5000, "²"])
def test_autosave_with_another_version_is_a_conflict(
    reader: Client, draft: Report, version: str
) -> None:
    fields = typed(draft, version=version, **{FINDINGS: "Mine"})
    answer = reader.post(f"{page_of(draft)}autosave/", fields)
    assert answer.status_code == 409
    assert "Mine" in text(answer)
    assert "Clear." in text(answer)
    assert "<html" not in text(answer)


def test_a_held_report_is_shown_as_held_and_can_be_taken_over(
    client_for: ClientFor, draft: Report, radiologist: User
) -> None:
    colleague = UserFactory.create(role="radiologist")
    browser = client_for(colleague)
    html = text(browser.get(page_of(draft)))
    assert f"{radiologist.display_name} holds this report" in html
    assert "<textarea" not in html
    browser.post(f"{page_of(draft)}claim/")
    assert "<textarea" in text(browser.get(page_of(draft)))


def test_a_referrer_reads_what_is_signed_and_no_draft(
    reader: Client, client_for: ClientFor, referrer: User, draft: Report
) -> None:
    browser = client_for(referrer)
    before = text(browser.get(page_of(draft)))
    assert "Clear." not in before
    assert "Take over" not in before
    sign_final(reader, draft)
    after = text(browser.get(page_of(draft)))
    assert "Clear." in after
    assert "Mark critical" not in after


def test_nobody_else_writes_claims_or_signs(
    client_for: ClientFor, referrer: User, technologist: User, draft: Report
) -> None:
    for user in (referrer, technologist):
        browser = client_for(user)
        for part in ("", "autosave/", "claim/", "critical/", "sign/"):
            answer = browser.post(f"{page_of(draft)}{part}", typed(draft))
            assert answer.status_code == 403, part
    assert draft.versions.count() == 0


def test_looking_does_not_claim_for_those_who_cannot_write(
    client_for: ClientFor, referrer: User, performed: Order
) -> None:
    client_for(referrer).get(page_of(performed))
    assert not Report.objects.filter(order=performed).exists()


def test_every_look_is_audited(
    client_for: ClientFor, referrer: User, performed: Order
) -> None:
    client_for(referrer).get(page_of(performed))
    entry = AuditEntry.objects.get(action="report_viewed")
    assert (entry.actor_id, entry.order_id) == (referrer.pk, performed.pk)
    assert entry.patient_id == performed.patient_id


def test_marking_critical_opens_a_case(reader: Client, draft: Report) -> None:
    fields = {"category": "2", "finding": "Appendicitis"}
    reader.post(f"{page_of(draft)}critical/", fields)
    assert CriticalCase.objects.get().finding == "Appendicitis"
    assert "Appendicitis" in text(reader.get(page_of(draft)))


@pytest.mark.parametrize(
    "fields",
    [
        {"category": "9", "finding": "x"},
        {"category": "1", "finding": "  "},
        {"finding": "x"},
        {"category": "1", "finding": "nul\0"},
    ],
)
def test_half_a_critical_finding_opens_none(
    reader: Client, draft: Report, fields: dict[str, str]
) -> None:
    answer = reader.post(f"{page_of(draft)}critical/", fields)
    assert answer.status_code == 400
    assert "Not flagged." in text(answer)
    assert not CriticalCase.objects.exists()
