"""Claiming a report and keeping its draft."""

from __future__ import annotations

import pytest

from orders.exceptions import VersionConflict
from orders.models import Order
from radflow.accounts.models import User
from reports.exceptions import NotHolder, ReportRefused
from reports.models import Report, SectionCode
from reports.services import open_report, release, save_draft, take_over
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db

FINDINGS = SectionCode.FINDINGS.value


@pytest.fixture
def colleague(db: None) -> User:
    return UserFactory.create(role="radiologist")


def test_prefills_what_the_order_knows(performed: Order, radiologist: User) -> None:
    report = open_report(order_id=performed.pk, user=radiologist)
    text = report.draft[SectionCode.EXAM_DESCRIPTION.value]
    assert text == "CT pulmonary angiogram, left."
    assert report.claimed_by == radiologist


def test_an_exam_without_images_is_not_reported(radiologist: User) -> None:
    with pytest.raises(ReportRefused):
        open_report(order_id=make_order().pk, user=radiologist)


def test_a_stale_save_overwrites_nothing(draft: Report, radiologist: User) -> None:
    with pytest.raises(VersionConflict):
        save_draft(
            report_id=draft.pk,
            sections={FINDINGS: "Old window"},
            expected_version=draft.version - 1,
            user=radiologist,
        )
    draft.refresh_from_db()
    assert draft.draft[FINDINGS] == "Clear."


def test_another_radiologist_must_take_over_first(
    draft: Report, colleague: User
) -> None:
    with pytest.raises(NotHolder):
        save_draft(
            report_id=draft.pk,
            sections={FINDINGS: "Mine"},
            expected_version=draft.version,
            user=colleague,
        )
    take_over(report_id=draft.pk, user=colleague)
    saved = save_draft(
        report_id=draft.pk,
        sections={FINDINGS: "Mine"},
        expected_version=draft.version,
        user=colleague,
    )
    assert saved.draft[FINDINGS] == "Mine"
    titles = draft.order.events.values_list("title", flat=True)
    assert "Report taken over" in titles


def test_a_released_report_is_free_for_the_next(
    draft: Report, radiologist: User, colleague: User
) -> None:
    release(report_id=draft.pk, user=radiologist)
    report = open_report(order_id=draft.order_id, user=colleague)
    assert report.claimed_by == colleague
    assert report.draft[FINDINGS] == "Clear."


@pytest.mark.parametrize("text", ["<5 mm & ≥ 1 \\ ^~", "a\tb", "🫁", "x" * 200_000])
def test_text_is_kept_to_the_letter(
    draft: Report, radiologist: User, text: str
) -> None:
    saved = save_draft(
        report_id=draft.pk,
        sections={FINDINGS: text},
        expected_version=draft.version,
        user=radiologist,
    )
    saved.refresh_from_db()
    assert saved.draft[FINDINGS] == text
