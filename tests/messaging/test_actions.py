"""Replaying, sending again and giving up, as other programs ask for it."""

from __future__ import annotations

import pytest
from django.test import Client

from radflow.accounts.models import User
from radflow.messaging.models import InboundMessage, OutboundMessage
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(interface_admin: User) -> Client:
    client = Client()
    client.force_login(interface_admin)
    return client


def outbound(state: str) -> OutboundMessage:
    return OutboundMessage.objects.create(
        peer=PeerFactory.create(),
        control_id="RF1",
        message_type="ORU^R01",
        raw=b"MSH|",
        key="K",
        state=state,
    )


def test_a_refused_message_is_sent_again(api: Client) -> None:
    message = outbound("refused")
    answer = api.post(f"/api/v1/messages/out-{message.pk}/resend/")
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")


def test_a_refused_message_is_given_up_with_a_reason_only(api: Client) -> None:
    address = f"/api/v1/messages/out-{outbound('refused').pk}/discard/"
    assert api.post(address).status_code == 400
    answer = api.post(address, {"reason": "Replaced"})
    assert (answer.status_code, answer.json()["state"]) == (200, "dead")


@pytest.mark.parametrize("state", ["queued", "sent", "accepted", "acknowledged"])
def test_what_does_not_fit_the_state_is_a_conflict(api: Client, state: str) -> None:
    message = outbound(state)
    for action in ("resend", "discard"):
        address = f"/api/v1/messages/out-{message.pk}/{action}/"
        answer = api.post(address, {"reason": "Replaced"})
        assert (answer.status_code, answer.json()["code"]) == (409, "MESSAGE_STATE")
    message.refresh_from_db()
    assert message.state == state


def test_only_a_parked_message_is_applied_again(api: Client) -> None:
    message = InboundMessage.objects.create(
        remote_address="192.0.2.1", raw=b"MSH|", body_hash=b"1", state="applied"
    )
    answer = api.post(f"/api/v1/messages/in-{message.pk}/replay/")
    assert (answer.status_code, answer.json()["code"]) == (409, "MESSAGE_STATE")


@pytest.mark.parametrize("action", ["resend", "discard", "replay"])
def test_a_message_of_the_other_direction_is_not_found(
    api: Client, action: str
) -> None:
    side = "out" if action == "replay" else "in"
    assert api.post(f"/api/v1/messages/{side}-1/{action}/").status_code == 404


def test_a_page_does_not_claim_what_did_not_happen(api: Client) -> None:
    message = outbound("acknowledged")
    page = api.post(f"/messages/out/{message.pk}/resend/", follow=True)
    assert "Only a refused or dead one is sent again." in page.content.decode()
