"""The hospital's order system: sends new orders, and now and then a bad message."""

from __future__ import annotations

import logging
import random
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from radflow.demo.cast import CAST
from radflow.demo.simulator.orders import (
    Wanted,
    admission,
    bad_message,
    new_order,
)
from radflow.demo.site import PROCEDURES, ROOMS
from radflow.hl7.acks import read_ack
from radflow.hl7.client import MLLPClient, MLLPError

logger = logging.getLogger(__name__)

DIALECTS = ("orm-231", "oml-251", "omi-251")
REASONS = (
    "Fall, hip pain, X-ray negative. Occult fracture?",
    "Sudden dyspnoea, raised D-dimer",
    "Seizure, first episode. Bleed?",
    "Left loin to groin pain",
    "Cough 6 weeks, ex-smoker",
    "Painless haematuria",
    "Follow-up of known nodule",
)
BAD_EVERY = 6


class Hospital:
    """`send_order` and `send_bad` each open the real socket and wait for the ACK."""

    def __init__(self) -> None:
        self._client = MLLPClient("127.0.0.1", settings.MLLP_PORT, timeout=10)
        self._sent = 0

    def step(self) -> None:
        """One order and news of a patient; every sixth time also a bad message."""
        self._sent += 1
        self.send_order()
        self.send_admission()
        if self._sent % BAD_EVERY == 0:
            self.send_bad()

    def send_order(self) -> None:
        wanted = _wanted()
        dialect = random.choice(DIALECTS)
        self._send(new_order(wanted, _control_id(), dialect))

    def send_admission(self) -> None:
        self._send(admission(random.choice(CAST), _control_id(), timezone.now()))

    def send_bad(self) -> None:
        self._send(bad_message(_control_id(), timezone.now()))

    def _send(self, raw: bytes) -> None:
        try:
            answer = read_ack(self._client.send(raw))
        except MLLPError as error:
            logger.warning("hospital: not delivered, %s", type(error).__name__)
            return
        logger.info("hospital: sent %s, answer %s", answer.control_id, answer.code)


def _control_id() -> str:
    return f"H{time.time_ns() // 1000}"


def _wanted() -> Wanted:
    now = timezone.now()
    code, text, modality, _, _ = random.choice(PROCEDURES)
    stations = [room[3] for room in ROOMS if room[4] == modality]
    soon = now + timedelta(minutes=random.choice((1, 2, 5, 15)))
    unscheduled = random.random() < 0.25
    return Wanted(
        number=f"HX{_base36(time.time_ns() // 1_000_000)}",
        person=random.choice(CAST),
        code=code,
        text=text,
        modality=modality,
        station_ae=random.choice(stations),
        priority=random.choices("SAR", weights=(1, 2, 4))[0],
        reason=random.choice(REASONS),
        start=None if unscheduled else soon.replace(second=0, microsecond=0),
        now=now,
    )


def _base36(number: int) -> str:
    """Milliseconds in eight characters, as short as an accession should be."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    return text
