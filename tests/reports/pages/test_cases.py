"""Critical results in the browser: until a human acknowledges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Order, OrderEvent
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from reports.models import CriticalCase
from reports.services import acknowledge_case, close_case, escalate_due, open_case

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]

TOLD = {"person": "Dr Fox", "method": "phone", "read_back": "on", "note": "Ward 5B"}


def shown(client: Client, address: str = "/critical/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def acknowledge_page(case: CriticalCase) -> str:
    return f"/critical/{case.pk}/acknowledge/"


def acknowledge(case: CriticalCase, user: User) -> None:
    acknowledge_case(
        case_id=case.pk, user=user, person="Dr Fox", method="phone", read_back=True
    )


def test_every_clinical_role_sees_it_and_those_who_may_can_acknowledge(
    client_for: ClientFor,
    case: CriticalCase,
    referrer: User,
    technologist: User,
    interface_admin: User,
) -> None:
    link = f'href="{acknowledge_page(case)}"'
    assert link in shown(client_for(referrer))
    assert link not in shown(client_for(technologist))
    assert client_for(interface_admin).get("/critical/").status_code == 403


def test_a_row_says_finding_patient_category_and_when_it_is_due(
    reader: Client, case: CriticalCase
) -> None:
    html = shown(reader)
    for text in ("Embolus", "Okafor", "19800514", "Category 1", case.number):
        assert text in html
    assert case.order.patient.identifiers.get().value in html
    assert "data-due=" in html


def test_the_ladder_shows_who_was_told_and_who_is_next(
    reader: Client, case: CriticalCase
) -> None:
    escalate_due()
    html = shown(reader)
    assert html.count('data-st="now"') == 1
    assert html.count('data-st="next"') == 4
    assert "Covering physician" in html


def test_it_is_overdue_the_moment_its_time_is_over(
    reader: Client, case: CriticalCase
) -> None:
    assert 'id="c-over"' not in shown(reader)
    late = timezone.now() - timedelta(seconds=1)
    CriticalCase.objects.filter(pk=case.pk).update(due_at=late)
    assert 'id="c-over"' in shown(reader)


def test_no_machine_acknowledges_is_said(reader: Client) -> None:
    assert "never counts as acknowledgement" in shown(reader)


def test_acknowledging_names_who_was_told_and_read_it_back(
    client_for: ClientFor, referrer: User, case: CriticalCase
) -> None:
    browser = client_for(referrer)
    answer = browser.post(acknowledge_page(case), TOLD, follow=True)
    html = answer.content.decode()
    assert "is acknowledged" in html
    assert "Told Dr Fox, phone, read back." in html
    case.refresh_from_db()
    assert (case.acknowledged_by, case.read_back) == (referrer, True)


@pytest.mark.parametrize("missing", ["person", "method", "read_back"])
def test_half_an_acknowledgement_is_refused_and_kept_in_the_fields(
    reader: Client, case: CriticalCase, missing: str
) -> None:
    fields = {name: value for name, value in TOLD.items() if name != missing}
    answer = reader.post(acknowledge_page(case), fields)
    assert answer.status_code == 400
    assert "Not acknowledged." in answer.content.decode()
    assert "Ward 5B" in answer.content.decode()
    case.refresh_from_db()
    assert case.is_open


def test_the_second_to_acknowledge_is_told_of_the_first(
    reader: Client, case: CriticalCase, referrer: User
) -> None:
    acknowledge(case, referrer)
    answer = reader.post(acknowledge_page(case), {**TOLD, "person": "Dr Late"})
    assert answer.status_code == 409
    assert f"{referrer.display_name} told Dr Fox" in answer.content.decode()
    case.refresh_from_db()
    assert case.acknowledged_person == "Dr Fox"


def test_only_an_acknowledged_case_closes(
    reader: Client, case: CriticalCase, radiologist: User
) -> None:
    assert reader.post(f"/critical/{case.pk}/close/").status_code == 409
    acknowledge(case, radiologist)
    answer = reader.post(f"/critical/{case.pk}/close/", follow=True)
    assert "is closed." in answer.content.decode()
    assert 'id="c-closed"' in answer.content.decode()


def test_those_who_only_look_neither_acknowledge_nor_close(
    client_for: ClientFor, technologist: User, case: CriticalCase
) -> None:
    browser = client_for(technologist)
    assert browser.post(acknowledge_page(case), TOLD).status_code == 403
    assert browser.post(f"/critical/{case.pk}/close/").status_code == 403


def test_findings_notes_and_names_are_escaped(
    reader: Client, performed: Order, radiologist: User
) -> None:
    hostile = "<script>alert(1)</script>"
    case = open_case(
        order_id=performed.pk, category=1, finding=hostile, user=radiologist
    )
    pages = [shown(reader), shown(reader, acknowledge_page(case))]
    reader.post(acknowledge_page(case), {**TOLD, "person": hostile, "note": hostile})
    for html in [*pages, shown(reader)]:
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_every_shown_exam_is_audited_closed_ones_too(
    reader: Client, case: CriticalCase, radiologist: User
) -> None:
    acknowledge(case, radiologist)
    close_case(case_id=case.pk, user=radiologist)
    shown(reader)
    entry = AuditEntry.objects.get(action="cases_listed")
    assert entry.detail == {"orders": [case.order_id]}


def test_the_strip_shouts_without_a_patients_name(
    client_for: ClientFor, technologist: User, case: CriticalCase
) -> None:
    html = shown(client_for(technologist), "/critical/alerts/")
    assert f'data-alert="{case.pk}"' in html
    assert 'data-tone="critical"' in html
    assert "Okafor" not in html
    assert 'href="/critical/"' in html


def test_a_follow_up_shouts_only_once_it_is_overdue(
    reader: Client, performed: Order, radiologist: User
) -> None:
    case = open_case(order_id=performed.pk, category=3, finding="x", user=radiologist)
    assert "data-alert" not in shown(reader, "/critical/alerts/")
    CriticalCase.objects.filter(pk=case.pk).update(due_at=timezone.now())
    assert f'data-alert="{case.pk}"' in shown(reader, "/critical/alerts/")


def test_an_acknowledged_case_is_quiet(
    reader: Client, case: CriticalCase, radiologist: User
) -> None:
    acknowledge(case, radiologist)
    assert "data-alert" not in shown(reader, "/critical/alerts/")


def test_more_cases_cost_no_more_queries(
    reader: Client, case: CriticalCase, radiologist: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            shown(reader)
        return len(counted)

    shown(reader)
    before = queries()
    for finding in ("Bleed", "Dissection", "Torsion"):
        open_case(order_id=case.order_id, category=2, finding=finding, user=radiologist)
    assert queries() == before


def test_a_german_reader_reads_german_and_the_record_stays_as_it_is(
    client_for: ClientFor, case: CriticalCase, radiologist: User
) -> None:
    radiologist.language = "de"
    radiologist.save()
    client = client_for(radiologist)
    client.post(acknowledge_page(case), TOLD)
    assert "Dr Fox telefonisch informiert, zurückgelesen." in shown(client)
    last = case.events.order_by("-id")[0]
    assert last.detail == "Dr Fox, phone, read back"
    told = OrderEvent.objects.filter(order=case.order).order_by("-id")[0]
    assert told.title == "Critical result acknowledged"
