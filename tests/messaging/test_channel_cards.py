"""The cards of the interface monitor."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from radflow.accounts.models import User
from radflow.messaging.channels.channel import Channel, ChannelState
from radflow.messaging.templatetags.channels import gap, line, span
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def client(interface_admin: User) -> Client:
    client = Client()
    client.force_login(interface_admin)
    return client


def test_the_monitor_shows_every_channel_with_its_state(client: Client) -> None:
    PeerFactory.create(name="HIS", host="10.4.2.9", port=6661, sending_paused_at=NOW)
    page = client.get("/messages/").content.decode()
    assert 'title="HIS out"' in page
    assert "10.4.2.9:6661" in page
    assert 'data-st="paused"' in page


def test_the_cards_alone_are_read_again(client: Client) -> None:
    PeerFactory.create(name="HIS")
    part = client.get("/messages/channels/", headers={"X-Fragment": "1"})
    assert part.content.decode().strip().startswith('<ul class="channels"')
    assert client.get("/messages/channels/").headers["Location"] == "/messages/"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (3, "3 s"),
        (240, "4 min"),
        (6000, "1 h 40"),
        (3660, "1 h 01"),
        (180000, "2 d"),
    ],
)
def test_an_age_is_short(seconds: int | None, text: str) -> None:
    assert span(seconds) == text


def test_the_line_is_dashed_from_where_messages_ended() -> None:
    def card(state: ChannelState) -> Channel:
        return Channel("k", "HIS in", "in", state, "port 1", NOW, minutes=(2, 1, 0, 0))

    assert line(card(ChannelState.DOWN)) == "0.0,4.0 40.0,15.0"
    assert gap(card(ChannelState.DOWN)) == "40.0,26.0 120.0,26.0"
    assert gap(card(ChannelState.UP)) == ""
