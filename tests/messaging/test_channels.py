"""Health of the channels: what the cards say, what is learned, who is alarmed."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.live.models import LiveEvent
from radflow.messaging.channels import registry
from radflow.messaging.channels.alarms import open_problem_count, sweep_channels
from radflow.messaging.channels.channel import Channel, ChannelState
from radflow.messaging.channels.gaps import allowed_gap, learn_gaps
from radflow.messaging.channels.selectors import channels
from radflow.messaging.models import (
    ChannelAlarm,
    DeliveryAttempt,
    InboundMessage,
    OutboundMessage,
    Peer,
)
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def only_hl7(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_providers", [])


def heard(peer: Peer, *times: datetime, state: str = "applied") -> None:
    InboundMessage.objects.bulk_create(
        InboundMessage(
            peer=peer,
            remote_address="192.0.2.1",
            raw=b"MSH|",
            body_hash=hashlib.sha256(str(number).encode()).digest(),
            received_at=time,
            state=state,
        )
        for number, time in enumerate(sorted(times))
    )


def queued(peer: Peer, time: datetime, **values: object) -> OutboundMessage:
    return OutboundMessage.objects.create(
        peer=peer,
        created_at=time,
        control_id=f"T{OutboundMessage.objects.count()}",
        message_type="ORU^R01",
        raw=b"MSH|",
        key="K",
        **values,
    )


def failed(message: OutboundMessage, outcome: str = "unreachable") -> None:
    OutboundMessage.objects.filter(pk=message.pk).update(state="sent", attempts=3)
    DeliveryAttempt.objects.create(message=message, started_at=NOW, outcome=outcome)


def channel(key: str, now: datetime = NOW) -> Channel:
    (found,) = (one for one in channels(now) if one.key.startswith(key))
    return found


def open_alarms() -> list[str]:
    return [alarm.kind for alarm in ChannelAlarm.objects.filter(cleared_at=None)]


def test_a_channel_says_when_it_last_heard_and_how_much() -> None:
    heard(PeerFactory.create(), *(NOW - n * MINUTE / 2 for n in range(20)))
    found = channel("in")
    assert (found.state, found.last_seconds) == ("up", 0)
    assert (found.per_minute, sum(found.minutes), len(found.minutes)) == (2.0, 20, 60)


def test_what_waits_and_what_failed_is_counted_with_the_oldest() -> None:
    peer = PeerFactory.create()
    heard(peer, NOW - 3 * MINUTE, NOW - MINUTE, state="received")
    heard(peer, NOW - 2 * MINUTE, state="parked")
    found = channel("in")
    assert (found.queue, found.oldest_seconds, found.errors) == (2, 180, 1)
    assert found.error_rate == 0.333


def test_one_that_was_never_heard_has_no_data() -> None:
    PeerFactory.create()
    assert channel("in").state == "nodata"


def test_a_sender_silent_for_longer_than_allowed_is_down_without_any_sweeper() -> None:
    heard(PeerFactory.create(allowed_gap=10), NOW)
    assert channel("in", NOW + 10 * MINUTE).state == "up"
    found = channel("in", NOW + 11 * MINUTE)
    assert (found.state, found.note) == ("down", "Nothing for 11 min, 10 min allowed.")


def test_a_sender_that_may_be_silent_for_ever_never_is_down() -> None:
    heard(PeerFactory.create(allowed_gap=0, learned_gaps=[60] * 168), NOW)
    assert channel("in", NOW + timedelta(days=9)).state == "nodata"


def test_a_paused_channel_says_who_paused_it(interface_admin: User) -> None:
    PeerFactory.create(
        host="ehr", port=2575, sending_paused_at=NOW, paused_by=interface_admin
    )
    found = channel("out")
    assert found.state == "paused"
    assert interface_admin.display_name in found.note


@pytest.mark.parametrize(
    ("outcome", "state"), [("unreachable", "down"), ("timeout", "down"), ("AE", "up")]
)
def test_a_receiver_that_does_not_answer_is_down(outcome: str, state: str) -> None:
    peer = PeerFactory.create(host="ehr", port=2575)
    failed(queued(peer, NOW - MINUTE), outcome)
    found = channel("out")
    assert (found.state, found.queue, found.where) == (state, 1, "ehr:2575")


def test_the_cards_cost_the_same_however_many_messages_and_peers() -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            channels(NOW)
        return len(queries)

    PeerFactory.create()
    few = cost()
    for _ in range(5):
        heard(PeerFactory.create(), *(NOW - n * MINUTE for n in range(50)))
    assert cost() == few <= 6


def test_the_floors_above_hand_in_their_own() -> None:
    worklist = Channel("dicom", "Worklist", "in", ChannelState.UP, "5 scanners", NOW)
    registry.register(lambda now: [worklist])
    assert channels(NOW) == [worklist]


def weekly(peer: Peer, weeks: int, minutes: int) -> None:
    """Mondays from 9 to 12 o'clock, a message each so many minutes."""
    for week in range(1, weeks + 1):
        start = NOW.replace(hour=9) - timedelta(weeks=week)
        heard(peer, *(start + n * MINUTE for n in range(0, 180, minutes)))


def test_the_gap_of_an_hour_of_the_week_is_learned() -> None:
    peer = PeerFactory.create()
    weekly(peer, weeks=4, minutes=6)
    learn_gaps(NOW)
    peer.refresh_from_db()
    monday_ten = NOW.replace(hour=10)
    assert allowed_gap(peer, monday_ten) == 12 * MINUTE
    assert allowed_gap(peer, monday_ten + timedelta(days=1)) == 12 * MINUTE
    assert allowed_gap(peer, monday_ten + timedelta(days=5)) is None
    assert peer.learned_at == NOW


def test_the_hours_are_those_of_the_sender() -> None:
    peer = PeerFactory.create(time_zone="America/New_York")
    weekly(peer, weeks=4, minutes=6)
    learn_gaps(NOW)
    peer.refresh_from_db()
    assert peer.learned_gaps[5] == 720
    assert peer.learned_gaps[10] == 0


def test_a_gap_is_never_learned_shorter_than_five_minutes() -> None:
    peer = PeerFactory.create()
    weekly(peer, weeks=3, minutes=1)
    learn_gaps(NOW)
    peer.refresh_from_db()
    assert allowed_gap(peer, NOW.replace(hour=10)) == 5 * MINUTE


@pytest.mark.parametrize(("weeks", "minutes"), [(1, 1), (3, 30)])
def test_too_little_was_heard_to_expect_anything(weeks: int, minutes: int) -> None:
    peer = PeerFactory.create()
    weekly(peer, weeks=weeks, minutes=minutes)
    learn_gaps(NOW)
    peer.refresh_from_db()
    assert allowed_gap(peer, NOW.replace(hour=10)) is None


def test_one_outage_is_not_learned_as_normal() -> None:
    peer = PeerFactory.create()
    weekly(peer, weeks=8, minutes=6)
    outage = NOW - timedelta(weeks=3)
    InboundMessage.objects.filter(
        received_at__gt=outage.replace(hour=9, minute=10),
        received_at__lt=outage.replace(hour=11),
    ).update(peer=None)
    learn_gaps(NOW)
    peer.refresh_from_db()
    assert allowed_gap(peer, NOW.replace(hour=9)) == 12 * MINUTE


def test_silence_is_alarmed_once_when_it_starts_and_once_when_it_clears(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peer = PeerFactory.create(allowed_gap=10)
    heard(peer, NOW)
    later = NOW + 10 * MINUTE + timedelta(seconds=10)
    with caplog.at_level(logging.ERROR):
        assert [sweep_channels(NOW + 10 * MINUTE), sweep_channels(later)] == [0, 1]
    assert sweep_channels(later + MINUTE) == 0
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    heard(peer, later + 2 * MINUTE)
    assert [sweep_channels(later + 2 * MINUTE) for _ in range(2)] == [1, 0]
    alarm = ChannelAlarm.objects.get()
    assert (alarm.kind, alarm.started_at) == ("silent", later)
    assert alarm.cleared_at == later + 2 * MINUTE
    told = AuditEntry.objects.filter(action__startswith="channel_alarm")
    assert [entry.action for entry in told.order_by("id")] == [
        "channel_alarm_started",
        "channel_alarm_cleared",
    ]
    assert LiveEvent.objects.filter(topic="channel", object_id=peer.pk).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_alarm_once() -> None:
    heard(PeerFactory.create(allowed_gap=1), NOW)
    start = threading.Barrier(4)
    changed: list[int] = []

    def sweep() -> None:
        start.wait(20)
        changed.append(sweep_channels(NOW + 5 * MINUTE))
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(changed) == [0, 0, 0, 1]
    assert AuditEntry.objects.filter(action="channel_alarm_started").count() == 1


def test_a_queue_that_does_not_move_is_alarmed() -> None:
    peer = PeerFactory.create(host="ehr", port=2575)
    heard(peer, NOW, state="received")
    queued(peer, NOW)
    sweep_channels(NOW + 5 * MINUTE)
    assert open_alarms() == []
    sweep_channels(NOW + 6 * MINUTE)
    assert sorted(open_alarms()) == ["not_applied", "not_sent"]


def test_a_receiver_away_and_one_that_refuses_are_alarmed() -> None:
    peer = PeerFactory.create(host="ehr", port=2575)
    failed(queued(peer, NOW))
    queued(peer, NOW, state="refused")
    sweep_channels(NOW)
    assert sorted(open_alarms()) == ["refused", "unreachable"]


def test_one_accepted_whose_result_never_comes_is_alarmed() -> None:
    peer = PeerFactory.create(host="ehr", port=2575, enhanced_out=True)
    queued(peer, NOW, state="accepted", accepted_at=NOW)
    assert [sweep_channels(NOW + minutes * MINUTE) for minutes in (30, 31)] == [0, 1]
    assert open_alarms() == ["unanswered"]


def test_many_messages_that_cannot_be_applied_are_alarmed() -> None:
    peer = PeerFactory.create()
    heard(peer, *(NOW - n * MINUTE for n in range(4)), state="parked")
    sweep_channels(NOW)
    assert open_alarms() == []
    heard(peer, NOW, state="parked")
    sweep_channels(NOW)
    assert open_alarms() == ["errors"]


def test_a_paused_destination_raises_no_alarm() -> None:
    peer = PeerFactory.create(host="ehr", port=2575, sending_paused_at=NOW)
    failed(queued(peer, NOW))
    assert sweep_channels(NOW + 9 * MINUTE) == 0


def test_the_rail_counts_alarms_and_messages_that_wait_for_a_person() -> None:
    peer = PeerFactory.create(allowed_gap=1)
    heard(peer, NOW - MINUTE, state="parked")
    sweep_channels(NOW + 9 * MINUTE)
    assert open_problem_count() == 2


def test_other_programs_read_the_channels(
    client_for: Callable[[User], Client], interface_admin: User
) -> None:
    heard(PeerFactory.create(name="HIS"), NOW)
    (found,) = client_for(interface_admin).get("/api/v1/channels/").json()
    assert (found["name"], found["direction"], found["queue"]) == ("HIS in", "in", 0)
    assert len(found["minutes"]) == 60
