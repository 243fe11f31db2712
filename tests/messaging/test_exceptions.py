"""The desk: what needs a person, who has it, and what they do about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.messaging.drain import drain
from radflow.messaging.exceptions import WrongState
from radflow.messaging.handling import desk
from radflow.messaging.handling.causes import causes
from radflow.messaging.handling.queue import Filter, items
from radflow.messaging.models import InboundMessage, MessageNote, Peer
from radflow.messaging.services import enqueue
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]


@pytest.fixture(autouse=True)
def hospital(db: None) -> Peer:
    return PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


def parked(control_id: str = "BAD", placer: str = "P1") -> InboundMessage:
    more = "||||||||||||||TOO-LONG-FOR-AN-ACCESSION"
    deliver(order_message(control_id=control_id, placer=placer, more=more))
    return last_inbound()


def test_a_parked_message_is_on_the_desk_with_who_waits_behind_it(
    page: Client,
) -> None:
    bad = parked()
    deliver(order_message(control_id="NEXT", control="XO", placer="P1"))
    (item,) = items(Filter())
    assert (item.reference, item.behind, item.owner) == (f"in-{bad.pk}", 1, "")
    shown = page.get("/messages/exceptions/").content.decode()
    assert "Unassigned" in shown
    assert "1 waits behind it" in shown
    assert "Okafor" not in shown


def test_nothing_to_do_says_so(page: Client) -> None:
    assert "Nothing needs you" in page.get("/messages/exceptions/").content.decode()


def test_an_empty_filter_says_what_waits_without_it(page: Client) -> None:
    parked()
    shown = page.get("/messages/exceptions/?code=NONE").content.decode()
    assert "1 message waits for a person without these filters." in shown


def test_no_replay_is_offered_first_that_changes_nothing(page: Client) -> None:
    bad = parked()
    shown = page.get(f"/messages/in/{bad.pk}/dry-run/").content.decode()
    assert "A replay now changes nothing" in shown
    several = page.post("/messages/bulk/try/", {"ids": [bad.pk]}).content.decode()
    assert "A replay now changes nothing" in several
    assert 'class="btn primary" type="submit"' not in shown + several


def test_a_refused_message_of_ours_is_there_too(hospital: Peer) -> None:
    Peer.objects.filter(pk=hospital.pk).update(host="h", port=1)
    hospital.refresh_from_db()
    first, _ = (
        enqueue(peer=hospital, message_type="ORM^O01", segments=["PID|1"], key="K")
        for _ in range(2)
    )
    assert first is not None
    first.state = "refused"
    first.save()
    (item,) = items(Filter())
    assert (item.reference, item.behind) == (f"out-{first.pk}", 1)


def test_assigning_filters_and_is_written_down(
    page: Client, interface_admin: User
) -> None:
    bad = parked()
    page.post(f"/messages/in-{bad.pk}/assign/", {"owner": interface_admin.pk})
    bad.refresh_from_db()
    assert bad.owner == interface_admin
    assert [i.id for i in items(Filter(owner=str(interface_admin.pk)))] == [bad.pk]
    assert items(Filter(owner="none")) == []
    assert bad.notes.get().kind == MessageNote.Kind.ASSIGNED
    assert AuditEntry.objects.filter(action="message_assigned").exists()


def test_a_comment_is_shown_on_the_desk(page: Client) -> None:
    bad = parked()
    page.post(f"/messages/in-{bad.pk}/comment/", {"text": "Asked the EHR team"})
    assert "Asked the EHR team" in page.get("/messages/exceptions/").content.decode()


def test_skipping_lets_go_what_waited(page: Client) -> None:
    bad = parked()
    deliver(order_message(control_id="NEXT", placer="P1"))
    assert last_inbound().state == "received"
    page.post(f"/messages/in-{bad.pk}/skip/", {"reason": "Sent again by hand"})
    drain()
    bad.refresh_from_db()
    assert (bad.state, last_inbound().state) == ("skipped", "applied")
    assert bad.notes.get().text == "Sent again by hand"


def test_skipping_needs_a_reason(page: Client) -> None:
    bad = parked()
    page.post(f"/messages/in-{bad.pk}/skip/", {"reason": " "})
    bad.refresh_from_db()
    assert bad.state == "parked"


def test_of_two_who_skip_one_is_told(interface_admin: User) -> None:
    bad = parked()
    desk.skip(message_id=bad.pk, reason="one", by=interface_admin)
    with pytest.raises(WrongState):
        desk.skip(message_id=bad.pk, reason="two", by=interface_admin)
    assert bad.notes.count() == 1


def test_causes_are_counted_with_one_action_each(page: Client) -> None:
    parked("B1", "P1")
    parked("B2", "P2")
    deliver(order_message(control_id="EARLY", control="HD", placer="P9"))
    found = [(cause.code, cause.location, cause.count) for cause in causes()]
    assert found[0][2] == 2
    assert ("UNKNOWN_ORDER", "", 1) in [(c, "", n) for c, _, n in found]
    shown = page.get("/messages/exceptions/").content.decode()
    assert "No order has these numbers" in shown


def test_a_stranger_leads_to_a_new_peer(settings: object, hospital: Peer) -> None:
    bad = parked()
    InboundMessage.objects.filter(pk=bad.pk).update(peer=None)
    (cause,) = causes()
    assert cause.action == "Add the peer"
    assert "sending_application=EHRX" in cause.url


@pytest.mark.parametrize("act", ["assign", "comment", "skip", "legal-hold"])
def test_only_who_manages_interfaces_changes_something(
    technologist: User, client_for: ClientFor, act: str
) -> None:
    bad = parked()
    answer = client_for(technologist).post(
        f"/messages/in-{bad.pk}/{act}/", {"reason": "x", "text": "x"}
    )
    assert answer.status_code == 403
    assert not bad.notes.exists()


def test_a_message_that_is_not_there(page: Client) -> None:
    for reference in ("in-999999", "nonsense", "out-1"):
        answer = page.post(f"/messages/{reference}/comment/", {"text": "x"})
        assert answer.status_code == 404
