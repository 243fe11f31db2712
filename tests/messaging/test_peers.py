"""Peers: kept on pages and by REST, validated, versioned, used at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from orders.models import Order
from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.live.models import LiveEvent
from radflow.messaging.exceptions import PeerChanged
from radflow.messaging.models import Listener, Peer, PeerRevision
from radflow.messaging.peers.forms import PeerForm
from radflow.messaging.peers.revisions import history_of, roll_back
from radflow.messaging.peers.settings import add_peer, change_peer
from tests.door import deliver, order_message
from tests.factories import PeerFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]


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


def form_of(peer: Peer, **changes: Any) -> dict[str, Any]:
    """The form of the page as a browser sends it back."""
    form = PeerForm(instance=peer)
    values = {name: form[name].value() for name in form.fields}
    sent = {name: v for name, v in values.items() if v is not None and v is not False}
    lists = {name: ",".join(v) for name, v in sent.items() if isinstance(v, list)}
    return {**sent, **lists, **changes}


def change(peer: Peer, by: User, **values: Any) -> Peer:
    return change_peer(peer_id=peer.pk, values=values, revision=peer.revision, by=by)


def test_the_first_change_keeps_what_was_there_before(
    peer: Peer, interface_admin: User
) -> None:
    change(peer, interface_admin, host="10.0.0.9", port=2575)
    first, second = PeerRevision.objects.filter(peer=peer).order_by("number")
    assert (first.number, first.values["host"], first.changed_by) == (1, "", None)
    assert (second.number, second.values["host"]) == (2, "10.0.0.9")
    assert second.changed_by == interface_admin


def test_a_change_is_audited_by_field_name_and_told_to_screens(
    peer: Peer, interface_admin: User
) -> None:
    change(peer, interface_admin, host="10.0.0.9", port=2575)
    entry = AuditEntry.objects.get(action="peer_changed")
    assert entry.detail == {"peer": peer.pk, "revision": 2, "fields": ["host", "port"]}
    assert LiveEvent.objects.filter(topic="channel", object_id=peer.pk).exists()


def test_what_changes_nothing_is_no_revision(peer: Peer, interface_admin: User) -> None:
    assert change(peer, interface_admin, name=peer.name).revision == 1
    assert not PeerRevision.objects.exists()


def test_the_second_of_two_people_is_told_and_nothing_is_lost(
    peer: Peer, interface_admin: User
) -> None:
    change(peer, interface_admin, name="First")
    with pytest.raises(PeerChanged) as caught:
        change(peer, interface_admin, name="Second")
    assert caught.value.revision == 2
    assert interface_admin.display_name in caught.value.text
    assert Peer.objects.get().name == "First"


def test_of_two_who_save_at_once_one_is_told(peer: Peer, interface_admin: User) -> None:
    def save(name: str) -> str:
        try:
            change(peer, interface_admin, name=name)
        except PeerChanged:
            return "told"
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(save, ["One", "Two"])) == ["saved", "told"]
    assert PeerRevision.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("networks", ["10.0.0.0/33"]),
        ("networks", ["10.4.2.1/24"]),
        ("networks", ["hospital"]),
        ("mapping", {"accession": ["OBR.18"]}),
        ("mapping", {"accession": "OBR-18"}),
        ("mapping", {"accession": []}),
        ("mapping", {"colour": ["OBR-18"]}),
        ("mapping", {"obr24": "loinc"}),
        ("mapping", []),
        ("extra_versions", ["two"]),
        ("certificate", "AB"),
        ("result_seconds", 0),
        ("ack_timeout", 0),
        ("time_zone", "Mars/Olympus"),
        ("sending_application", ""),
        ("listener", 4711),
        ("no_such_setting", 1),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(
    peer: Peer, interface_admin: User, field: str, value: Any
) -> None:
    with pytest.raises(ValidationError) as caught:
        change(peer, interface_admin, **{field: value})
    assert field in caught.value.message_dict
    assert not PeerRevision.objects.exists()


def test_any_application_of_one_facility_would_never_match(
    peer: Peer, interface_admin: User
) -> None:
    with pytest.raises(ValidationError) as caught:
        change(peer, interface_admin, sending_application="*")
    assert "sending_facility" in caught.value.message_dict


def test_two_peers_are_never_the_same_sender(peer: Peer, interface_admin: User) -> None:
    names = {"sending_application": "EHRX", "sending_facility": "GENHOSP"}
    with pytest.raises(ValidationError):
        add_peer(values={"name": "Twin", **names}, by=interface_admin)


def test_rolling_back_is_a_new_revision_with_the_old_values(
    peer: Peer, interface_admin: User
) -> None:
    change(peer, interface_admin, profile="seed", mapping={"accession": ["OBR-20.1"]})
    back = roll_back(peer_id=peer.pk, to=1, revision=2, by=interface_admin)
    assert (back.revision, back.profile, back.mapping) == (3, "auto", {})
    newest = history_of(back)[0]
    assert newest.revision.reason == "Rolled back to revision 1"
    assert {(d.label, d.old, d.new) for d in newest.differences} == {
        ("Profile", "Seed", "Auto: by version and by presence of IPC"),
        ("Accession number", "OBR-20.1", "as the profile"),
    }


def test_a_revision_cannot_be_rewritten(peer: Peer, interface_admin: User) -> None:
    change(peer, interface_admin, name="Other")
    with pytest.raises(Exception, match="append-only"):
        PeerRevision.objects.filter(number=1).update(values={})


def test_a_change_on_the_page_is_used_for_the_next_message(
    page: Client, peer: Peer
) -> None:
    sent = form_of(peer, map_accession="obr-19.1, OBR-18.1", reason="They said so")
    assert page.post(f"/messages/peers/{peer.pk}/", sent).status_code == 302
    deliver(order_message(more=f"{'|' * 14}ACC18|ACC19"))
    assert Order.objects.get().accession_number == "ACC19"
    assert PeerRevision.objects.get(number=2).reason == "They said so"


def test_a_peer_is_added_on_the_page(page: Client) -> None:
    sent = form_of(
        Peer(), name="New", sending_application="NEWHIS", networks="10.0.0.1"
    )
    page.post("/messages/peers/add/", sent)
    peer = Peer.objects.get(name="New")
    assert (peer.networks, peer.revision) == (["10.0.0.1"], 1)
    assert PeerRevision.objects.get(peer=peer).number == 1
    assert "New" in page.get("/messages/peers/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("map_accession", "OBR"),
        ("networks", "10.0.0.0/33"),
        ("certificate", "zz"),
        ("port", "70000"),
        ("name", ""),
    ],
)
def test_the_page_says_beside_the_field_what_is_wrong(
    page: Client, peer: Peer, field: str, value: str
) -> None:
    shown = page.post(f"/messages/peers/{peer.pk}/", form_of(peer, **{field: value}))
    assert shown.status_code == 400
    assert f'id="id_{field}_error"' in shown.content.decode()


def test_a_certificate_is_taken_as_tools_print_it(page: Client, peer: Peer) -> None:
    printed = ":".join(["AB"] * 32)
    page.post(f"/messages/peers/{peer.pk}/", form_of(peer, certificate=printed))
    assert Peer.objects.get().certificate == "ab" * 32


def test_a_conflict_shows_theirs_beside_mine_and_saving_again_keeps_mine(
    page: Client, peer: Peer, interface_admin: User
) -> None:
    mine = form_of(peer, name="Mine")
    change(peer, interface_admin, name="Theirs", profile="seed")
    shown = page.post(f"/messages/peers/{peer.pk}/", mine)
    assert shown.status_code == 409
    assert "Theirs" in [line.now for line in shown.context["conflict"].lines]
    assert Peer.objects.get().name == "Theirs"
    again = shown.context["form"]
    sent = form_of(again.instance)
    assert (sent["revision"], sent["profile"]) == (2, "seed")
    page.post(f"/messages/peers/{peer.pk}/", sent)
    kept = Peer.objects.get()
    assert (kept.name, kept.profile) == ("Mine", "seed")


def test_the_history_compares_and_rolls_back(
    page: Client, peer: Peer, interface_admin: User
) -> None:
    change(peer, interface_admin, name="Renamed")
    shown = page.get(f"/messages/peers/{peer.pk}/history/", {"from": 1, "to": 2})
    assert "<ins>Renamed</ins>" in shown.content.decode()
    url = f"/messages/peers/{peer.pk}/roll-back/"
    page.post(url, {"to": 1, "revision": 1})
    assert Peer.objects.get().name == "Renamed"
    page.post(url, {"to": 1, "revision": 2})
    assert Peer.objects.get().name == "Hospital"


@pytest.mark.parametrize(
    "path", ["", "add/", "{}/", "{}/history/", "{}/try/", "{}/roll-back/"]
)
def test_peers_are_kept_by_those_who_manage_interfaces(
    client_for: ClientFor, peer: Peer, path: str
) -> None:
    other = client_for(UserFactory.create(role="technologist"))
    assert other.post(f"/messages/peers/{path.format(peer.pk)}").status_code == 403


def test_a_listener_is_added_changed_and_audited(page: Client) -> None:
    values = {
        "name": "TLS",
        "port": 2576,
        "security": "tls",
        "max_connections": 10,
        "max_per_address": 2,
        "idle_seconds": 60,
    }
    page.post("/messages/listeners/add/", values)
    listener = Listener.objects.get()
    page.post(f"/messages/listeners/{listener.pk}/", {**values, "port": 2577})
    entry = AuditEntry.objects.get(action="listener_changed")
    assert entry.detail["changes"] == {"port": [2576, 2577]}
    refused = page.post(f"/messages/listeners/{listener.pk}/", {**values, "port": 0})
    assert "id_port_error" in refused.content.decode()


def test_rest_reads_and_changes_a_peer_at_its_revision(
    rest: Client, peer: Peer, interface_admin: User
) -> None:
    url = f"/api/v1/peers/{peer.pk}/"
    assert rest.get("/api/v1/peers/").json()["results"][0]["id"] == peer.pk
    assert rest.get(url).json()["revision"] == 1
    body = {"revision": 1, "profile": "seed", "reason": "Asked for"}
    changed = rest.patch(url, body, content_type="application/json")
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    again = rest.patch(url, body, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "PEER_CHANGED")
    (second, first) = rest.get(f"{url}revisions/").json()
    assert (second["reason"], first["values"]["profile"]) == ("Asked for", "auto")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "X"}, "revision"),
        ({"revision": 1, "mapping": {"x": ["OBR-1"]}}, "mapping"),
        ({"revision": 1, "networks": ["x"]}, "networks"),
        ({"revision": 1, "port": -1}, "port"),
    ],
)
def test_rest_says_which_field_is_wrong(
    rest: Client, peer: Peer, body: dict[str, Any], field: str
) -> None:
    url = f"/api/v1/peers/{peer.pk}/"
    answer = rest.patch(url, body, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_rest_changes_need_the_capability(peer: Peer) -> None:
    _, token = AuthToken.objects.create(UserFactory.create(role="technologist"))
    client = Client(headers={"Authorization": f"Bearer {token}"})
    url = f"/api/v1/peers/{peer.pk}/"
    assert client.get(url).status_code == 403
    body = {"revision": 1, "name": "X"}
    assert client.patch(url, body, content_type="application/json").status_code == 403


@pytest.fixture
def sent_to(peer: Peer) -> Peer:
    Peer.objects.update(host="10.0.0.9", port=2575)
    peer.refresh_from_db()
    return peer


def test_sending_and_applying_are_paused_and_resumed_on_the_page(
    page: Client, sent_to: Peer
) -> None:
    url = f"/messages/peers/{sent_to.pk}/"
    for switch, wording in [
        ("pause_sending", "Paused since"),
        ("drain_sending", "Draining since"),
        ("resume_sending", "Send the queue, then pause"),
        ("pause_applying", "Resume applying"),
        ("resume_applying", "Pause applying"),
    ]:
        page.post(f"{url}switch/", {"switch": switch, "reason": "Their upgrade"})
        assert wording in page.get(f"{url}operate/").content.decode()
    assert AuditEntry.objects.filter(detail__reason="Their upgrade").count() == 5


def test_a_destination_is_redirected_and_back(page: Client, sent_to: Peer) -> None:
    url = f"/messages/peers/{sent_to.pk}/redirect/"
    there = {"redirect_host": "10.0.0.10", "redirect_port": "2576"}
    page.post(url, {**there, "reason": "Their standby"})
    sent_to.refresh_from_db()
    assert (sent_to.redirect_host, sent_to.redirect_port) == ("10.0.0.10", 2576)
    page.post(url, {"reason": "Back"})
    sent_to.refresh_from_db()
    assert (sent_to.redirect_host, sent_to.revision) == ("", 1)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("switch", {"switch": "pause_sending"}, "switch_reason"),
        ("redirect", {"redirect_host": "x", "redirect_port": "1"}, "redirect_reason"),
        (
            "redirect",
            {"redirect_host": "x", "reason": "y"},
            "redirect_redirect_port",
        ),
    ],
)
def test_a_switch_needs_its_reason_and_a_whole_destination(
    page: Client, sent_to: Peer, path: str, body: dict[str, str], field: str
) -> None:
    shown = page.post(f"/messages/peers/{sent_to.pk}/{path}/", body)
    assert f'id="{field}_error"' in shown.content.decode()
    sent_to.refresh_from_db()
    assert (sent_to.sending_paused_at, sent_to.redirect_host) == (None, "")


def test_a_change_of_settings_leaves_a_pause_as_it_is(
    page: Client, sent_to: Peer, interface_admin: User
) -> None:
    body = {"switch": "pause_sending", "reason": "Their upgrade"}
    page.post(f"/messages/peers/{sent_to.pk}/switch/", body)
    change(sent_to, interface_admin, name="Renamed")
    assert Peer.objects.get().sending_paused_at is not None


def test_the_list_says_how_each_channel_is(page: Client, sent_to: Peer) -> None:
    deliver(order_message())
    shown = page.get("/messages/peers/").content.decode()
    assert "In: Up" in shown
    assert "Out: No data" in shown


def test_the_learned_silence_is_shown_by_hour_of_the_week(
    page: Client, peer: Peer
) -> None:
    Peer.objects.update(learned_gaps=[0] * 160 + [1260] * 8)
    shown = page.get(f"/messages/peers/{peer.pk}/")
    assert shown.context["week"][6] == ("Sunday", [0] * 16 + [21] * 8)
    assert "What was learned" in shown.content.decode()
