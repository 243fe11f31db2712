"""New settings are tried with the last messages first; nothing is applied."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.checks import refused_at_the_door
from radflow.messaging.models import InboundMessage, Peer, PeerRevision
from radflow.messaging.peers.trial import Trial, try_settings
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory
from tests.messaging.test_peers import form_of

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]
FIELDS = "|" * 14 + "ACC18|ACC19"


@pytest.fixture
def peer(db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


@pytest.fixture
def rest(interface_admin: User) -> Client:
    _, token = AuthToken.objects.create(interface_admin)
    return Client(headers={"Authorization": f"Bearer {token}"})


def tried(peer: Peer, last: int = 50, seconds: float = 2.0, **settings: Any) -> Trial:
    proposed = copy(peer)
    for name, value in settings.items():
        setattr(proposed, name, value)
    return try_settings(
        current=peer,
        proposed=proposed,
        last=last,
        refusal=refused_at_the_door,
        seconds=seconds,
    )


def changes_of(trial: Trial) -> set[tuple[str, str, str]]:
    return {(c.label, c.old, c.new) for m in trial.messages for c in m.changes}


def orders(count: int) -> list[bytes]:
    return [
        order_message(control_id=f"C{n}", placer=f"P{n}", more=f"{'|' * 14}A{n}|B{n}")
        for n in range(count)
    ]


def test_what_would_be_read_otherwise_is_shown_and_nothing_is_applied(
    peer: Peer,
) -> None:
    deliver(order_message(more=FIELDS))
    before = Order.objects.values().get()
    trial = tried(peer, mapping={"accession": ["OBR-19.1"]})
    assert changes_of(trial) == {("Accession number", "ACC18", "ACC19")}
    assert Order.objects.values().get() == before
    assert InboundMessage.objects.count() == 1


def test_the_same_settings_change_nothing(peer: Peer) -> None:
    deliver(*orders(3))
    trial = tried(peer)
    assert (trial.tried, trial.messages) == (3, [])


def test_only_the_last_are_tried_newest_first(peer: Peer) -> None:
    deliver(*orders(4))
    trial = tried(peer, last=2, mapping={"accession": ["OBR-19.1"]})
    assert [m.control_id for m in trial.messages] == ["C3", "C2"]
    assert (trial.found, trial.tried) == (2, 2)


def test_when_time_is_up_it_says_how_many_were_tried(peer: Peer) -> None:
    deliver(*orders(3))
    trial = tried(peer, seconds=-1.0)
    assert (trial.found, trial.tried, trial.is_cut_short) == (3, 0, True)


def test_what_would_be_parked_or_refused_is_the_outcome(peer: Peer) -> None:
    deliver(order_message(more="|" * 20 + "RAD"))
    (parked,) = changes_of(tried(peer, mapping={"obr24": "hl70074"}))
    assert parked[:2] == ("Outcome", "Accepted")
    assert parked[2].startswith("Parked: The modality is RAD")
    (refused,) = changes_of(tried(peer, processing_ids="T"))
    assert refused[2].startswith("Refused AR 202")


def test_another_character_set_changes_what_is_read(peer: Peer) -> None:
    pid = "PID|1||1^^^A^MR||Łukasz^Ada||19800514|F"
    deliver(order_message(pid=pid).decode().encode("iso8859_2"))
    (change,) = changes_of(tried(peer, fallback_charset="iso8859_2"))
    assert change == ("Patient name", "£ukasz Ada", "Łukasz Ada")


def test_repeats_and_strangers_are_not_tried(peer: Peer) -> None:
    deliver(order_message(), order_message(), b"nonsense")
    assert tried(peer).found == 1


def test_the_page_shows_the_difference_masks_patients_and_saves_nothing(
    page: Client, peer: Peer
) -> None:
    pid = "PID|1||1^^^A^MR||Łukasz^Ada||19800514|F"
    deliver(order_message(pid=pid, more=FIELDS).decode().encode("iso8859_2"))
    sent = form_of(peer, map_accession="OBR-19.1", fallback_charset="iso8859_2")
    shown = page.post(f"/messages/peers/{peer.pk}/try/", sent).content.decode()
    assert "1 of 1 would be read otherwise" in shown
    assert "<del>ACC18</del>" in shown
    assert "<ins>ACC19</ins>" in shown
    assert "Patient name" in shown
    assert "ukasz" not in shown
    assert 'value="OBR-19.1"' in shown
    assert not PeerRevision.objects.exists()
    entry = AuditEntry.objects.get(action="settings_tried")
    assert entry.detail["messages"] == [f"in-{last_inbound().pk}"]


def test_settings_that_cannot_work_are_not_tried(page: Client, peer: Peer) -> None:
    sent = form_of(peer, map_accession="OBR")
    shown = page.post(f"/messages/peers/{peer.pk}/try/", sent).content.decode()
    assert "id_map_accession_error" in shown
    assert "trial-title" not in shown


def test_rest_tries_settings_and_tells_no_patient_data(
    rest: Client, peer: Peer
) -> None:
    pid = "PID|1||1^^^A^MR||Łukasz^Ada||19800514|F"
    deliver(order_message(pid=pid, more=FIELDS).decode().encode("iso8859_2"))
    url = f"/api/v1/peers/{peer.pk}/trial/"
    body = {"fallback_charset": "iso8859_2", "mapping": {"accession": ["OBR-19.1"]}}
    answer = rest.post(url, body, content_type="application/json").json()
    assert (answer["found"], answer["tried"]) == (1, 1)
    assert answer["messages"][0]["changes"] == [
        {"name": "Patient name", "old": None, "new": None},
        {"name": "Accession number", "old": "ACC18", "new": "ACC19"},
    ]
    assert not PeerRevision.objects.exists()
    wrong = rest.post(url, {"last": 201}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json())) == (400, ["last"])
