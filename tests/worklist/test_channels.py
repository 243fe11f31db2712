"""The worklist and the performed steps as channels of the interface monitor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from radflow.messaging.channels.channel import Channel
from radflow.messaging.channels.selectors import channels
from tests.factories import StationFactory
from worklist.models import DicomExchange

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def asked(kind: str, minutes: float, status: int = 0) -> None:
    DicomExchange.objects.create(
        kind=kind,
        at=NOW - timedelta(minutes=minutes),
        calling_ae="CT1_AE",
        called_ae="RADFLOW",
        address="192.0.2.9",
        status=status,
    )


def both() -> tuple[Channel, Channel]:
    found = {channel.key: channel for channel in channels(NOW)}
    return found["dicom-worklist"], found["dicom-mpps"]


def test_scanners_that_ask_are_a_channel_of_their_own() -> None:
    StationFactory.create(name="CT 1")
    asked("C-FIND", 0.5)
    asked("C-FIND", 2)
    asked("N-CREATE", 1, status=0x0110)
    worklist, mpps = both()
    assert (worklist.state, worklist.last_seconds, worklist.errors) == ("up", 30, 0)
    assert worklist.minutes[-3:] == (1, 0, 1)
    assert (mpps.where, sum(mpps.minutes), mpps.errors) == ("CT 1", 1, 1)


def test_scanners_quiet_for_an_hour_give_no_data() -> None:
    asked("N-SET", 100)
    worklist, mpps = both()
    assert (worklist.state, worklist.last_at) == ("nodata", None)
    assert (mpps.state, mpps.last_seconds) == ("nodata", 6000)
