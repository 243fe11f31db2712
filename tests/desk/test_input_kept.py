"""A refused form comes back with everything that was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from radflow.accounts.models import User
from reports.models import CriticalCase
from tests.factories import PeerFactory, ProcedureFactory, StationFactory, make_order
from tests.reports.conftest import hospital, performed
from tests.reports.pages.conftest import case
from tests.worklist.pages.exams import booked

pytestmark = pytest.mark.django_db

Sign = Callable[[User], Client]
TYPED = "Typed by hand 47"

__all__ = ["case", "hospital", "performed"]  # fixtures of another room


def refused(client: Client, address: str, sent: dict[str, Any]) -> str:
    answer = client.post(address, sent)
    assert answer.status_code in (400, 409)
    html: str = answer.content.decode()
    assert html.count('class="callout summary') == 1
    assert 'role="alert" tabindex="-1"' in html
    return html


def test_orders_and_the_catalogue(coordinator: User, client_for: Sign) -> None:
    desk = client_for(coordinator)
    order = make_order()
    entry = ProcedureFactory.create()
    for address, sent in {
        f"/orders/new/{order.patient_id}/": {"reason": TYPED, "priority": "R"},
        f"/orders/{order.pk}/act/hold/": {"reason": TYPED, "version": "x"},
        f"/board/{order.pk}/schedule/": {"duration": "470", "time": TYPED},
        f"/catalogue/{entry.pk}/": {"text": TYPED, "modality": "CT"},
        "/catalogue/new/": {"text": TYPED, "modality": "CT"},
    }.items():
        assert TYPED in refused(desk, address, sent), address


def test_peers_listeners_and_contracts(interface_admin: User, client_for: Sign) -> None:
    desk = client_for(interface_admin)
    peer = PeerFactory.create(host="127.0.0.1", port=9)
    rows = {f"{name}-TOTAL_FORMS": 0 for name in ("fields", "samples")}
    rows |= {f"{name}-INITIAL_FORMS": 0 for name in ("fields", "samples")}
    forms: dict[str, dict[str, Any]] = {
        f"/messages/peers/{peer.pk}/": {"name": TYPED, "revision": 1},
        f"/messages/peers/{peer.pk}/redirect/": {"redirect_host": TYPED},
        "/messages/contracts/add/": {"vendor": TYPED, **rows},
    }
    for address, sent in forms.items():
        assert TYPED in refused(desk, address, sent), address


def test_the_station(technologist: User, client_for: Sign) -> None:
    order = booked(StationFactory.create(), mrn="700123", accession="ACC1")
    desk = client_for(technologist)
    sent = {"comment": TYPED}
    assert TYPED in refused(desk, f"/station/{order.pk}/discontinue/", sent)
    gate = {"requisition": "ACC1", "wristband": "", "source": "typed"}
    shown = desk.post(f"/station/gate/{order.pk}/", gate).content.decode()
    assert 'value="ACC1"' in shown


def test_a_critical_case(
    case: CriticalCase, radiologist: User, client_for: Sign
) -> None:
    sent = {"person": TYPED, "method": "phone", "note": "Ward 5B"}
    html = refused(client_for(radiologist), f"/critical/{case.pk}/acknowledge/", sent)
    assert TYPED in html
    assert "Ward 5B" in html
