"""The referring clinician's own patients, at a desk or on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from reports.models import CriticalCase, Report, ReportState
from reports.services import sign_report
from tests.factories import make_order

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
PAGE = "/my-patients/"


@pytest.fixture
def mine(client_for: ClientFor, referrer: User, performed: Order) -> Client:
    """Signed in as who ordered `performed`."""
    referrer.staff_id = "3002"
    referrer.save()
    performed.ordering_provider = {"id": "3002", "family": "Fox"}
    performed.save()
    return client_for(referrer)


def shown(client: Client, **query: str) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    return answer.content.decode()


def sign(report: Report, user: User) -> None:
    sign_report(
        report_id=report.pk,
        status=ReportState.FINAL,
        expected_version=report.version,
        user=user,
    )


def test_a_signed_impression_stands_on_the_card(
    mine: Client, draft: Report, radiologist: User
) -> None:
    assert "Normal." not in shown(mine)
    sign(draft, radiologist)
    page = shown(mine)
    assert "Normal." in page
    assert f'href="/reading/{draft.order_id}/"' in page
    assert "Normal." not in shown(mine, view="pending")
    assert "Normal." in shown(mine, view="reported")


def test_a_report_in_doubt_is_not_read_out(
    mine: Client, draft: Report, radiologist: User
) -> None:
    sign(draft, radiologist)
    Order.objects.filter(pk=draft.order_id).update(identity_conflict="Whose is it?")
    page = shown(mine)
    assert "Whose is it?" in page
    assert "Normal." not in page


def test_exams_of_others_are_not_mine(mine: Client, performed: Order) -> None:
    other = make_order()
    Order.objects.filter(pk=other.pk).update(ordering_provider={"id": "9999"})
    page = shown(mine)
    assert f'id="mine-{performed.pk}"' in page
    assert f'id="mine-{other.pk}"' not in page


def test_what_is_over_for_long_is_left_out(mine: Client, performed: Order) -> None:
    long_ago = timezone.now() - timedelta(days=15)
    Order.objects.filter(pk=performed.pk).update(status_since=long_ago)
    assert f'id="mine-{performed.pk}"' not in shown(mine)


def test_later_pages_show_the_rest_of_the_same_view(
    mine: Client, performed: Order
) -> None:
    others = [make_order() for _ in range(30)]
    Order.objects.filter(pk__in=[order.pk for order in others]).update(
        ordering_provider={"id": "3002"}
    )
    first, second = (shown(mine, view="pending", page=number) for number in "12")
    assert "1 to 25 of 31" in first
    assert 'href="?view=pending&amp;page=2"' in first
    cards = [re.findall(r'id="mine-(\d+)"', page) for page in (first, second)]
    assert [len(each) for each in cards] == [25, 6]
    everything = {performed.pk, *(order.pk for order in others)}
    assert {int(pk) for each in cards for pk in each} == everything


def test_a_new_version_is_news_of_an_old_exam(
    mine: Client, draft: Report, radiologist: User
) -> None:
    sign(draft, radiologist)
    long_ago = timezone.now() - timedelta(days=15)
    Order.objects.filter(pk=draft.order_id).update(status_since=long_ago)
    assert f'id="mine-{draft.order_id}"' in shown(mine)
    assert f'id="mine-{draft.order_id}"' in shown(mine, view="reported")
    assert f'id="mine-{draft.order_id}"' not in shown(mine, view="pending")


def test_a_preliminary_report_is_news_while_it_pends(
    mine: Client, draft: Report, radiologist: User
) -> None:
    sign_report(
        report_id=draft.pk,
        status=ReportState.PRELIMINARY,
        expected_version=draft.version,
        user=radiologist,
    )
    long_ago = timezone.now() - timedelta(days=15)
    Order.objects.filter(pk=draft.order_id).update(status_since=long_ago)
    assert "Normal." in shown(mine, view="pending")


def test_an_open_critical_result_stands_first(mine: Client, case: CriticalCase) -> None:
    page = shown(mine)
    assert page.index("Embolus") < page.index('class="mine-list"')
    assert f'href="/critical/{case.pk}/acknowledge/"' in page


def test_a_home_of_their_own_and_nobody_elses(
    mine: Client, client_for: ClientFor, technologist: User
) -> None:
    assert mine.get("/")["Location"] == PAGE
    other = client_for(technologist)
    assert other.get(PAGE).status_code == 403


def test_who_has_no_staff_identifier_is_told_why_the_page_is_empty(
    mine: Client, referrer: User
) -> None:
    referrer.staff_id = ""
    referrer.save()
    assert "You have no staff identifier" in shown(mine)


def test_looking_is_recorded(mine: Client, performed: Order) -> None:
    shown(mine)
    entry = AuditEntry.objects.get(action="own_patients_listed")
    assert entry.detail["orders"] == [performed.pk]
