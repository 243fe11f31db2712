"""Damaged messages end applied, parked or rejected, and never stop the inbox."""

from __future__ import annotations

import random

import pytest

from radflow.messaging.checks import is_acknowledgement
from radflow.messaging.drain import drain
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage
from radflow.messaging.waiting import waits_for
from tests.door import SAMPLES, sample
from tests.factories import PeerFactory

pytestmark = pytest.mark.django_db(transaction=True)

NASTY = (
    *('""', "", "x" * 700, "\x00", "-1", "^^^^", "~~~", "&&", "\\X00\\", "\\E\\"),
    *("20261399", "00000000", "99999999999999", "2026112308", "00010101000000+1400"),
    *("99991231235959-1400", "1e999", "²", "🩻", "\ud7ff", "ORC", "NW", "\t", " "),
    *("1" * 30, "1.2.", "0"),
)


def mutate(raw: bytes, rng: random.Random) -> bytes:
    """One to three fields, segments or bytes of the message changed."""
    segments = raw.decode("utf-8", "replace").rstrip("\r").split("\r")
    for _ in range(rng.randint(1, 3)):
        index = rng.randrange(1, len(segments))
        fields = segments[index].split("|")
        match rng.randrange(6):
            case 0 if len(segments) > 2:
                del segments[index]
            case 1:
                segments.insert(index, segments[rng.randrange(1, len(segments))])
            case 2 if len(fields) > 1:
                del fields[rng.randrange(1, len(fields)) :]
                segments[index] = "|".join(fields)
            case _:
                fields += [""] * rng.randrange(3)
                fields[rng.randrange(len(fields))] = rng.choice(NASTY)
                segments[index] = "|".join(fields)
    text = "\r".join(segments).encode("utf-8", "replace")
    return text + b"\r"


def numbered(raw: bytes, number: int) -> bytes:
    head, _, rest = raw.partition(b"\r")
    fields = head.split(b"|")
    fields[9] = b"M%d" % number
    return b"|".join(fields) + b"\r" + rest


NAMES = sorted(
    path.stem
    for path in SAMPLES.glob("*.hl7")
    if path.stem.startswith(("01", "05", "06", "02a", "09", "10", "14"))
)


@pytest.mark.parametrize("name", NAMES)
def test_no_mutation_is_dropped_or_stays_in_the_queue(name: str) -> None:
    PeerFactory.create(
        sending_application="*",
        sending_facility="*",
        host="h",
        port=1,
        reply_style="order_response",
        default_authority="MSH-4",
        processing_ids="PTD",
    )
    rng = random.Random(name)
    raws = [numbered(mutate(sample(name), rng), number) for number in range(30)]
    answers = Intake().receive([Received(raw, "192.0.2.1:5000") for raw in raws])
    drain()
    assert InboundMessage.objects.count() == len(raws)
    kept = InboundMessage.objects.order_by("id")
    for row, answer in zip(kept, answers, strict=True):
        assert answer or is_acknowledgement(row.message_type)
    left = [row for row in kept if row.state == "received"]
    assert [bytes(row.raw) for row in left if waits_for(row) is None] == []
    parked = InboundMessage.objects.filter(state="parked", error_text="")
    assert not parked.exists()
