"""Messages as people and programs see them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from knox.models import AuthToken

from radflow.accounts.models import User
from radflow.messaging.models import InboundMessage, OutboundMessage, Peer
from radflow.messaging.services import enqueue
from tests.door import deliver, last_inbound, order_message
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)
ClientFor = Callable[[User], Client]


@pytest.fixture(autouse=True)
def hospital(db: None) -> None:
    PeerFactory.create(
        name="Hospital", sending_application="EHRX", sending_facility="GENHOSP"
    )


@pytest.fixture
def page(interface_admin: User, client_for: ClientFor) -> Client:
    return client_for(interface_admin)


@pytest.fixture
def rest(interface_admin: User) -> Client:
    _, token = AuthToken.objects.create(interface_admin)
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_a_message_has_exactly_the_fields_of_the_contract(rest: Client) -> None:
    deliver(order_message())
    answer = rest.get("/api/v1/messages/", {"control_id": "C1"}).json()
    assert set(answer) == {"count", "next", "previous", "results"}
    (row,) = answer["results"]
    assert set(row) >= {
        "id",
        "direction",
        "control_id",
        "message_type",
        "sending_application",
        "sending_facility",
        "state",
        "received_at",
        "error",
        "order_ids",
    }
    assert set(row["error"]) == {"code", "location", "text"}
    assert (row["direction"], row["state"], row["message_type"]) == (
        "in",
        "applied",
        "ORM^O01",
    )


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"direction": "in"}, 2),
        ({"direction": "out"}, 0),
        ({"state": "rejected"}, 1),
        ({"message_type": "ORM^O01"}, 1),
        ({"control_id": "nothing"}, 0),
        ({"control_id": "\0"}, 2),
    ],
)
def test_filters(rest: Client, wanted: dict[str, str], count: int) -> None:
    deliver(order_message(), order_message(control_id="C2", kind="BAR^P01"))
    assert rest.get("/api/v1/messages/", wanted).json()["count"] == count


def test_bytes_that_are_no_message_are_shown_all_the_same(page: Client) -> None:
    deliver(b"\x00\xff<script>alert(1)</script>")
    number = last_inbound().pk
    for tab in ("tree", "raw", "ack", "history"):
        shown = page.get(f"/messages/in/{number}/", {"tab": tab})
        assert shown.status_code == 200
        assert b"<script>alert" not in shown.content


def test_hostile_values_are_text(page: Client) -> None:
    pid = "PID|1||1^^^A^MR||<img src=x onerror=alert(1)>^Ada"
    deliver(order_message(pid=pid))
    shown = page.get(f"/messages/in/{last_inbound().pk}/")
    assert b"<img src=x" not in shown.content


def test_a_parked_message_says_why_and_can_be_replayed(page: Client) -> None:
    deliver(order_message(control="HD"))
    parked = last_inbound()
    shown = page.get(f"/messages/in/{parked.pk}/")
    assert b"No order here has these numbers" in shown.content
    page.post(f"/messages/in/{parked.pk}/replay/")
    assert InboundMessage.objects.get(pk=parked.pk).state == "received"


def test_a_coordinator_sees_no_messages(
    coordinator: User, client_for: ClientFor
) -> None:
    assert client_for(coordinator).get("/messages/").status_code == 403


def test_the_list_costs_the_same_however_long(
    page: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    deliver(*(order_message(control_id=f"C{n}", placer=f"P{n}") for n in range(12)))
    with django_assert_max_num_queries(25):  # type: ignore[attr-defined]
        assert page.get("/messages/").status_code == 200


def refused(peer: Peer) -> OutboundMessage:
    values = {"message_type": "ORM^O01", "segments": ["PID|1"], "key": "K"}
    first, _ = enqueue(peer=peer, **values), enqueue(peer=peer, **values)  # type: ignore[arg-type]
    assert first is not None
    first.state, first.error_text = "refused", "Mend it."
    first.save()
    return first


@pytest.fixture
def receiver() -> Peer:
    return PeerFactory.create(host="127.0.0.1", port=1)


def test_a_refused_message_says_who_waits_behind_it(
    page: Client, receiver: Peer
) -> None:
    shown = page.get(f"/messages/out/{refused(receiver).pk}/")
    assert b"1 message of the same order waits behind it" in shown.content


def test_giving_up_needs_a_reason(page: Client, receiver: Peer) -> None:
    message = refused(receiver)
    page.post(f"/messages/out/{message.pk}/discard/", {"reason": " "})
    message.refresh_from_db()
    assert message.state == "refused"
    page.post(f"/messages/out/{message.pk}/discard/", {"reason": "Twice"})
    message.refresh_from_db()
    assert (message.state, message.error_text) == ("dead", "Given up: Twice. Mend it.")


def test_pages_of_both_directions_are_one_list_newest_first(
    rest: Client, receiver: Peer
) -> None:
    for n in range(4):
        deliver(order_message(control_id=f"C{n}", placer=f"P{n}"))
        enqueue(peer=receiver, message_type="ORM^O01", segments=["PID|1"], key=f"K{n}")
    seen, url = [], "/api/v1/messages/?page_size=3"
    while url:
        answer = rest.get(url).json()
        seen += [(row["received_at"], row["id"]) for row in answer["results"]]
        url = answer["next"]
    assert answer["count"] == len(seen) == len(set(seen)) == 8
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc/passwd"),
        ("fallback_charset", "hex"),
        ("fallback_charset", "none"),
        ("processing_ids", "PX"),
        ("port", 70000),
    ],
)
def test_a_peer_that_would_refuse_everything_is_not_saved(
    receiver: Peer, field: str, value: object
) -> None:
    setattr(receiver, field, value)
    with pytest.raises(ValidationError) as caught:
        receiver.full_clean()
    assert field in caught.value.message_dict
