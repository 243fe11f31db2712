"""The reading list in the browser: who sees it, what a row says, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.requests import Code
from orders.services import record_event
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.models import Peer
from reports.services import open_report
from tests.factories import UserFactory, make_order, patient_request

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]


def make_performed(peer: Peer, **changes: object) -> Order:
    order = make_order(peer=peer, **changes)  # type: ignore[arg-type]
    for event in (Event.BEGIN, Event.END):
        record_event(order_id=order.pk, event=event, cause=Cause(actor="CT1_AE"))
    return order


def shown(client: Client, view: str = "unread") -> str:
    answer = client.get("/reading/", {"view": view})
    assert answer.status_code == 200
    return answer.content.decode()


def queries(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        shown(client)
    return len(counted)


def test_the_list_is_for_those_who_write_reports(
    client_for: ClientFor, technologist: User, referrer: User, administrator: User
) -> None:
    for user in (technologist, referrer, administrator):
        assert client_for(user).get("/reading/").status_code == 403


def test_a_row_names_exam_side_and_patient_and_opens_the_editor(
    reader: Client, hospital: Peer
) -> None:
    order = make_performed(
        hospital,
        patient=patient_request(birth_date=date(1980, 5, 14)),
        laterality="LEFT",
        reason=Code("", "Dyspnoea, day 4", ""),
    )
    html = shown(reader)
    for text in ("CT pulmonary angiogram", "LEFT", "Dyspnoea, day 4", "Okafor"):
        assert text in html
    assert "14-May-1980" in html
    assert order.patient.identifiers.get().value in html
    assert f'href="/reading/{order.pk}/"' in html
    assert ">Free<" in html


def test_a_held_exam_says_by_whom(
    reader: Client, client_for: ClientFor, performed: Order, radiologist: User
) -> None:
    open_report(order_id=performed.pk, user=radiologist)
    assert "My draft" in shown(reader)
    colleague = client_for(UserFactory.create(role="radiologist"))
    assert radiologist.display_name in shown(colleague)


def test_mine_holds_what_i_hold_and_nothing_else(
    reader: Client, performed: Order, hospital: Peer, radiologist: User
) -> None:
    other = make_performed(hospital)
    open_report(order_id=performed.pk, user=radiologist)
    html = shown(reader, "mine")
    assert f"exam-{performed.pk}" in html
    assert f"exam-{other.pk}" not in html


def test_stat_comes_before_routine_that_waits_longer(
    reader: Client, hospital: Peer
) -> None:
    routine = make_performed(hospital, priority="R")
    stat = make_performed(hospital, priority="S")
    html = shown(reader)
    assert html.index(f"exam-{stat.pk}") < html.index(f"exam-{routine.pk}")


def test_an_empty_view_says_so(reader: Client) -> None:
    assert "Nothing waits here" in shown(reader, "signed")


def test_an_unknown_view_is_the_first_one(reader: Client, performed: Order) -> None:
    assert f"exam-{performed.pk}" in shown(reader, "'><script>")


def test_names_and_reasons_are_escaped(reader: Client, hospital: Peer) -> None:
    patient = patient_request(family_name="<b>Bold</b>")
    make_performed(
        hospital, patient=patient, reason=Code("", "<script>alert(1)</script>", "")
    )
    html = shown(reader)
    assert "<b>Bold" not in html
    assert "<script>alert" not in html
    assert "&lt;b&gt;Bold" in html


def test_the_live_fragment_is_the_list_without_the_shell(
    reader: Client, performed: Order
) -> None:
    answer = reader.get("/reading/", headers={"X-Fragment": "1"})
    html = answer.content.decode()
    assert f"exam-{performed.pk}" in html
    assert "<html" not in html


def test_looking_is_audited_with_the_exams_shown(
    reader: Client, performed: Order, radiologist: User
) -> None:
    shown(reader)
    entry = AuditEntry.objects.get(action="reading_list_viewed")
    assert entry.actor_id == radiologist.pk
    assert entry.detail == {"orders": [performed.pk]}


def test_a_longer_list_costs_no_more_queries(reader: Client, hospital: Peer) -> None:
    make_performed(hospital)
    shown(reader)
    before = queries(reader)
    for _ in range(4):
        make_performed(hospital)
    assert queries(reader) == before
