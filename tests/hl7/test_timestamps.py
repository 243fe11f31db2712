from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from radflow.hl7.errors import HL7Error
from radflow.hl7.timestamps import format_ts, parse_date, parse_ts

BERLIN = ZoneInfo("Europe/Berlin")


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("2026", _utc(2025, 12, 31, 23), "year"),
        ("202603", _utc(2026, 2, 28, 23), "month"),
        ("20260302", _utc(2026, 3, 1, 23), "day"),
        ("2026030209", _utc(2026, 3, 2, 8), "hour"),
        ("202603020930", _utc(2026, 3, 2, 8, 30), "minute"),
        ("20260302093015", _utc(2026, 3, 2, 8, 30, 15), "second"),
        ("20260302093015.5", _utc(2026, 3, 2, 8, 30, 15, 500_000), "fraction"),
        ("20260302093015.1234", _utc(2026, 3, 2, 8, 30, 15, 123_400), "fraction"),
        ("20260302093015-0500", _utc(2026, 3, 2, 14, 30, 15), "second"),
        ("20260302+0000", _utc(2026, 3, 2), "day"),
        ("20260302093060", _utc(2026, 3, 2, 8, 30, 59, 999_999), "second"),
        ("202603022400", _utc(2026, 3, 2, 23), "minute"),
        ("2026123124", _utc(2026, 12, 31, 23), "hour"),
    ],
)
def test_precision_zone_and_odd_clock_values(
    text: str, value: datetime, precision: str
) -> None:
    stamp = parse_ts(text, zone=BERLIN)
    assert (stamp.value, stamp.precision) == (value, precision)
    assert (stamp.text, stamp.warnings) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        *("", "202", "20261301", "20260230", "20260302250000", "20260302096100"),
        *("20260302093061", "202603022430", "20260302+9900", "20260302+0160"),
        *("00000101", "0001-", "tomorrow", "٢٠٢٦٠٣٠٢", "20260302093015.", "2026-03-02"),
        *("00010101000000+1400", "99991231235959-1400", "9999123124"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(HL7Error) as caught:
        parse_ts(text, zone=BERLIN)
    assert caught.value.code == "102"
    assert not text or text not in caught.value.text


def test_a_skipped_local_time_moves_on_by_the_gap() -> None:
    stamp = parse_ts("20260329023000", zone=BERLIN)
    assert stamp.value.astimezone(BERLIN).strftime("%H:%M") == "03:30"
    assert stamp.warnings


def test_a_local_time_that_exists_twice() -> None:
    early, late = _utc(2026, 10, 25, 0, 30), _utc(2026, 10, 25, 1, 30)
    text = "20261025023000"
    assert parse_ts(text, zone=BERLIN).value == early
    for received, value in ((early, early), (late, late)):
        near = received + timedelta(minutes=5)
        stamp = parse_ts(text, zone=BERLIN, planned=False, received=near)
        assert stamp.value == value
        assert stamp.warnings


def test_the_message_offset_holds_for_times_without_one() -> None:
    stamp = parse_ts("20260302100000", zone=BERLIN, message_time="20260302083000-0500")
    assert stamp.value == _utc(2026, 3, 2, 15)


def test_a_message_offset_that_is_the_zones_own_means_the_zone() -> None:
    stamp = parse_ts("20260702100000", zone=BERLIN, message_time="20260102083000+0100")
    assert stamp.value == _utc(2026, 7, 2, 8)


@pytest.mark.parametrize("message_time", ["", "20260302", "rubbish", "20261399+0100"])
def test_a_message_time_of_no_use_leaves_the_zone(message_time: str) -> None:
    stamp = parse_ts("20260302100000", zone=BERLIN, message_time=message_time)
    assert stamp.value == _utc(2026, 3, 2, 9)


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("19800514", date(1980, 5, 14), "day"),
        ("198005142300-1200", date(1980, 5, 14), "minute"),
        ("198005", None, "month"),
        ("1980", None, "year"),
    ],
)
def test_dates_are_never_shifted(text: str, value: date | None, precision: str) -> None:
    read = parse_date(text)
    assert (read.value, read.precision) == (value, precision)
    assert read.text == text[:8]


def test_times_are_written_with_their_offset() -> None:
    moment = _utc(2026, 7, 2, 8)
    assert format_ts(moment) == "20260702080000+0000"
    assert format_ts(moment, BERLIN) == "20260702100000+0200"
    assert parse_ts(format_ts(moment, BERLIN), zone=BERLIN).value == moment


NEW_YORK = ZoneInfo("America/New_York")


def test_new_yorks_gap_and_overlap() -> None:
    gap = parse_ts("20260308023000", zone=NEW_YORK)
    assert gap.value == _utc(2026, 3, 8, 7, 30)
    assert gap.warnings
    text, second = "20261101013000", _utc(2026, 11, 1, 6, 30)
    assert parse_ts(text, zone=NEW_YORK).value == second - timedelta(hours=1)
    past = parse_ts(text, zone=NEW_YORK, planned=False, received=second)
    assert past.value == second
    assert parse_ts(f"{text}-0500", zone=NEW_YORK).warnings == ()


@pytest.mark.parametrize("sent", ["20261025023000+0200", "20261025023000+0100"])
def test_in_the_hour_that_exists_twice_both_offsets_are_the_zones_own(
    sent: str,
) -> None:
    stamp = parse_ts("20270702100000", zone=BERLIN, message_time=sent)
    assert stamp.value == _utc(2027, 7, 2, 8)


@pytest.mark.parametrize("sent", ["00010101000000+1400", "99991231235959-1200"])
def test_a_message_time_at_the_end_of_time_does_no_harm(sent: str) -> None:
    parse_ts("20260302100000", zone=BERLIN, message_time=sent)


def test_midnight_at_the_end_of_a_day_is_of_that_day() -> None:
    assert parse_date("1980051424").value == date(1980, 5, 14)
