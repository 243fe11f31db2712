"""Stations kept on their page, refused callers beside them, and what each sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.dicom.exchange import AssociationInfo
from tests.worklist.pages.markup import text_of
from worklist.models import DicomExchange, RefusedCaller, Room, Station
from worklist.services.callers import keep_refused
from worklist.station_forms import StationForm

pytestmark = pytest.mark.django_db
ClientFor = Callable[[User], Client]
LIST = "/messages/stations/"


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor, ct1: Station) -> Client:
    return client_for(interface_admin)


@pytest.fixture
def stranger(ct1: Station) -> RefusedCaller:
    info = AssociationInfo("CT9_AE", "RADFLOW", "10.0.0.4", 1, 0, "a")
    keep_refused(info, RefusedCaller.Why.UNKNOWN)
    return RefusedCaller.objects.get()


def form_of(station: Station, **changes: Any) -> dict[str, Any]:
    """The form of the page as a browser sends it back."""
    form = StationForm(instance=station)
    values = {name: form[name].value() for name in form.fields}
    sent = {name: v for name, v in values.items() if v not in (None, False)}
    lists = {name: ",".join(v) for name, v in sent.items() if isinstance(v, list)}
    return {**sent, **lists, **changes}


def test_the_rules_are_kept_on_the_page(page: Client, ct1: Station) -> None:
    change = {
        "scope": "group",
        "group": "suite",
        "look_ahead_hours": "12",
        "show_started": "on",
        "addresses": "10.4.2.0/24, 10.4.3.7",
        "charset": "ISO 2022 IR 87",
        "certificate": ":".join(["AB"] * 32),
    }
    answer = page.post(f"{LIST}{ct1.pk}/", form_of(ct1, **change), follow=True)
    assert "used from its next query on" in text_of(answer)
    ct1.refresh_from_db()
    assert (ct1.scope, ct1.group, ct1.look_ahead_hours) == ("group", "suite", 12)
    assert ct1.show_started
    assert ct1.addresses == ["10.4.2.0/24", "10.4.3.7"]
    assert ct1.certificate == "ab" * 32
    assert AuditEntry.objects.get(action="station_changed").detail["revision"] == 2
    text = text_of(page.get(LIST))
    for shown in ("suite", "look-ahead 12 h", "and started exams", "10.4.2.0/24"):
        assert shown in text


def test_a_wrong_rule_is_said_beside_its_field(page: Client, ct1: Station) -> None:
    sent = form_of(ct1, addresses="the corridor")
    answer = page.post(f"{LIST}{ct1.pk}/", sent)
    assert answer.status_code == 400
    assert "the corridor is no address or network" in text_of(answer)


def test_the_slower_of_two_sees_both(page: Client, ct1: Station) -> None:
    mine = form_of(ct1, look_ahead_hours="24")
    Station.objects.filter(pk=ct1.pk).update(look_ahead_hours=8, revision=2)
    answer = page.post(f"{LIST}{ct1.pk}/", mine)
    assert answer.status_code == 409
    assert "Keep mine" in text_of(answer)
    again = page.post(f"{LIST}{ct1.pk}/", {**mine, "revision": 2})
    assert again.status_code == 302
    ct1.refresh_from_db()
    assert ct1.look_ahead_hours == 24


def test_a_refused_caller_is_added_in_one_step(
    page: Client, stranger: RefusedCaller
) -> None:
    text = text_of(page.get(LIST))
    for shown in ("CT9_AE", "10.0.0.4", "AE title not known", "Add as station"):
        assert shown in text
    form = page.get(f"{LIST}add/", {"from": stranger.pk})
    assert 'value="CT9_AE"' in form.content.decode()
    assert 'value="10.0.0.4"' in form.content.decode()
    filled = form.context["form"]
    sent = {name: filled[name].value() for name in filled.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}
    room = Room.objects.get(name="CT 1")
    page.post(
        f"{LIST}add/",
        {**sent, "addresses": "10.0.0.4", "room": room.pk, "modality": "CT"},
    )
    added = Station.objects.get(ae_title="CT9_AE")
    assert (added.room, added.addresses) == (room, ["10.0.0.4"])
    assert not RefusedCaller.objects.exists()


def test_a_refused_caller_can_be_dismissed(
    page: Client, stranger: RefusedCaller
) -> None:
    page.post(f"{LIST}refused/{stranger.pk}/dismiss/")
    assert not RefusedCaller.objects.exists()
    assert AuditEntry.objects.filter(action="refused_caller_dismissed").exists()


def test_the_exam_says_for_every_station_why_not(
    at_board: Client, exam: Order, ct2: Station
) -> None:
    assert (
        f"/board/{exam.pk}/worklists/"
        in at_board.get(f"/orders/{exam.pk}/").content.decode()
    )
    answer = at_board.get(f"/board/{exam.pk}/worklists/")
    text = text_of(answer)
    assert "CT1 is offered this exam." in text
    assert "It is planned for CT1_AE. Move it." in text
    assert f'href="/board/{exam.pk}/schedule/"' in answer.content.decode()
    assert AuditEntry.objects.filter(
        action="worklist_explained", order_id=exam.pk
    ).exists()


def test_a_fix_is_a_link_for_those_who_may_make_it(
    at_station: Client, exam: Order, ct2: Station
) -> None:
    answer = at_station.get(f"/board/{exam.pk}/worklists/")
    assert "Move it." in text_of(answer)
    assert f'href="/board/{exam.pk}/schedule/"' not in answer.content.decode()


def test_what_a_station_sees_and_has_asked(
    at_board: Client, exam: Order, ct1: Station
) -> None:
    asked = DicomExchange.objects.create(
        kind="C-FIND",
        calling_ae="CT1_AE",
        called_ae="RADFLOW",
        address="10.4.2.1",
        status=0,
        matches=7,
        request={"00080060": {"vr": "CS", "Value": ["CT"]}},
    )
    answer = at_board.get(f"/stations/{ct1.pk}/worklist/")
    text = text_of(answer)
    for shown in ("Okafor^Ada", "700123", "ACC1", "1 query", "Modality CT", "10.4.2.1"):
        assert shown in text
    assert f"/exchanges/{asked.pk}/" in answer.content.decode()
    told = AuditEntry.objects.get(action="worklist_previewed")
    assert told.detail == {"station": ct1.pk, "orders": [exam.pk]}
    Station.objects.filter(pk=ct1.pk).update(enabled=False)
    assert "switched off" in text_of(at_board.get(f"/stations/{ct1.pk}/worklist/"))
