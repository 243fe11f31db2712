"""The last look before a final signature."""

from __future__ import annotations

import pytest
from django.test import Client

from radflow.accounts.models import User
from reports.models import CriticalCase, Report, SectionCode
from reports.services import save_draft, take_over
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FINDINGS, IMPRESSION = SectionCode.FINDINGS.value, SectionCode.IMPRESSION.value


def sheet(report: Report) -> str:
    return f"/reading/{report.order_id}/sign/"


def shown(client: Client, report: Report) -> str:
    answer = client.get(sheet(report))
    assert answer.status_code == 200
    return answer.content.decode()


def fields(report: Report, **changes: str) -> dict[str, str]:
    report.refresh_from_db()
    return {"version": str(report.version), "action": "final", **changes}


def write(report: Report, user: User, **sections: str) -> None:
    report.refresh_from_db()
    save_draft(
        report_id=report.pk,
        sections={SectionCode[name.upper()].value: t for name, t in sections.items()},
        expected_version=report.version,
        user=user,
    )


def test_review_saves_what_was_typed_and_shows_exactly_that(
    reader: Client, draft: Report
) -> None:
    typed = {f"section-{FINDINGS}": "Typed a second ago.", "action": "review"}
    answer = reader.post(
        f"/reading/{draft.order_id}/",
        {**typed, "version": str(draft.version)},
        follow=True,
    )
    assert answer.redirect_chain == [(sheet(draft), 302)]
    assert "Typed a second ago." in answer.content.decode()


def test_it_names_patient_exam_and_side(reader: Client, draft: Report) -> None:
    html = shown(reader, draft)
    for text in ("Okafor", "19800514", "CT pulmonary angiogram", "LEFT"):
        assert text in html
    assert draft.order.patient.identifiers.get().value in html


def test_the_other_side_is_called_out(
    reader: Client, draft: Report, radiologist: User
) -> None:
    assert "Side differs from the order" not in shown(reader, draft)
    write(draft, radiologist, impression="Embolus of the right main artery.")
    assert "Side differs from the order" in shown(reader, draft)


def test_an_empty_impression_leaves_nothing_to_press(
    reader: Client, draft: Report, radiologist: User
) -> None:
    write(draft, radiologist, impression=" ")
    html = shown(reader, draft)
    assert "Impression is empty." in html
    assert "Sign final" not in html
    assert reader.post(sheet(draft), fields(draft)).status_code == 409
    assert draft.versions.count() == 0


def test_signing_here_makes_it_final(reader: Client, draft: Report) -> None:
    answer = reader.post(sheet(draft), fields(draft), follow=True)
    assert "Signed final and sent" in answer.content.decode()
    assert draft.versions.get().status == "final"


def test_a_draft_that_changed_since_it_was_shown_is_not_signed(
    reader: Client, draft: Report, radiologist: User
) -> None:
    seen = fields(draft)
    write(draft, radiologist, findings="Written meanwhile.")
    answer = reader.post(sheet(draft), seen)
    assert answer.status_code == 409
    assert "Written meanwhile." in answer.content.decode()
    assert draft.versions.count() == 0


def test_a_critical_one_opens_its_case_with_the_signature(
    reader: Client, draft: Report
) -> None:
    critical = {"critical": "on", "category": "1", "finding": "Saddle embolus"}
    reader.post(sheet(draft), fields(draft, **critical))
    assert CriticalCase.objects.get().finding == "Saddle embolus"
    assert draft.versions.get().critical


@pytest.mark.parametrize("finding", ["", "  "])
def test_critical_without_a_finding_signs_nothing(
    reader: Client, draft: Report, finding: str
) -> None:
    critical = {"critical": "on", "category": "1", "finding": finding}
    answer = reader.post(sheet(draft), fields(draft, **critical))
    assert answer.status_code == 400
    assert draft.versions.count() == 0
    assert not CriticalCase.objects.exists()


def test_a_refused_signature_opens_no_case(
    reader: Client, draft: Report, radiologist: User
) -> None:
    write(draft, radiologist, findings="")
    critical = {"critical": "on", "category": "1", "finding": "Saddle embolus"}
    answer = reader.post(sheet(draft), fields(draft, **critical))
    assert answer.status_code == 409
    assert not CriticalCase.objects.exists()


def test_words_left_in_the_critical_fields_flag_nothing_without_the_tick(
    reader: Client, draft: Report
) -> None:
    reader.post(sheet(draft), fields(draft, category="", finding="x" * 900))
    assert not draft.versions.get().critical
    assert not CriticalCase.objects.exists()


def test_only_the_holder_reaches_it(reader: Client, draft: Report) -> None:
    take_over(report_id=draft.pk, user=UserFactory.create(role="radiologist"))
    answer = reader.post(sheet(draft), fields(draft), follow=True)
    assert answer.redirect_chain == [(f"/reading/{draft.order_id}/", 302)]
    assert draft.versions.count() == 0
