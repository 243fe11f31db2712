"""`manage.py hl7 tail`: messages as they come and as they end. No patient data."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, TextIO

from django.db.models import QuerySet
from django.utils import timezone

from radflow.messaging.models import (
    InboundMessage,
    InboundState,
    OutboundMessage,
    OutboundState,
)

HELP = "Follow messages in and out. Ends with Ctrl-C."
POLL_SECONDS = 0.5
# Numbers are given before the commit: a lower one may come into sight later.
LOOK_BACK = 500
_OPEN = (
    InboundState.RECEIVED,
    OutboundState.QUEUED,
    OutboundState.SENT,
    OutboundState.ACCEPTED,
)


def add_arguments(parser: ArgumentParser) -> None:
    states = sorted({*InboundState.values, *OutboundState.values})
    parser.add_argument("--peer", help="only of the peer with this name")
    parser.add_argument("--type", help="only of this type, such as ORM or ORM^O01")
    parser.add_argument("--state", choices=states, help="only in this state")
    parser.add_argument(
        "--lines", type=int, default=10, help="how many earlier ones to begin with (10)"
    )
    parser.add_argument(
        "--once", action="store_true", help="do not follow: show the earlier ones"
    )


def run(stdout: TextIO, stderr: TextIO, options: dict[str, Any]) -> None:
    streams = [
        _Stream("in ", _chosen(InboundMessage.objects.all(), options), options),
        _Stream("out", _chosen(OutboundMessage.objects.all(), options), options),
    ]
    try:
        lines = [line for stream in streams for line in stream.begin()]
        _write(stdout, sorted(lines)[-options["lines"] :] if options["lines"] else [])
        while not options["once"]:
            time.sleep(POLL_SECONDS)
            _write(stdout, sorted(line for one in streams for line in one.news()))
    except KeyboardInterrupt:
        stderr.write("\n")


def _write(stdout: TextIO, lines: list[str]) -> None:
    for line in lines:
        stdout.write(f"{line}\n")
    stdout.flush()


def _chosen(found: QuerySet[Any], options: dict[str, Any]) -> QuerySet[Any]:
    if options["peer"]:
        found = found.filter(peer__name=options["peer"])
    if options["type"]:
        found = found.filter(message_type__startswith=options["type"])
    return found.select_related("peer").defer("raw", "ack_raw").order_by("id")


class _Stream:
    """One direction; a message gets a line when it comes and when its state changes."""

    def __init__(
        self, direction: str, found: QuerySet[Any], options: dict[str, Any]
    ) -> None:
        self._direction = direction
        self._found = found
        self._state = options["state"]
        self._lines = options["lines"]
        self._first = 0
        self._states: dict[int, str] = {}

    def begin(self) -> list[str]:
        earlier = self._found.order_by("-id")
        latest = list(earlier[:LOOK_BACK])
        self._states = {one.pk: one.state for one in latest}
        self._first = min(self._states, default=0)
        shown = earlier.filter(state=self._state) if self._state else earlier
        return [self._line(one) for one in shown[: self._lines]]

    def news(self) -> Iterator[str]:
        for one in self._found.filter(pk__gte=self._first):
            if self._states.get(one.pk) != one.state:
                self._states[one.pk] = one.state
                if self._state in (None, one.state):
                    yield self._line(one)
        self._forget()

    def _forget(self) -> None:
        """Follow the open ones, and as many of the others as may still be joined."""
        for number in sorted(self._states)[:-LOOK_BACK]:
            if self._states[number] not in _OPEN:
                del self._states[number]
                self._first = number + 1

    def _line(self, one: InboundMessage | OutboundMessage) -> str:
        came = one.received_at if isinstance(one, InboundMessage) else one.created_at
        peer = one.peer.name if one.peer else "unknown sender"
        parts = (
            f"{timezone.localtime(came):%Y-%m-%d %H:%M:%S}",
            self._direction,
            f"{peer:20}",
            f"{one.message_type or '?':8}",
            f"{one.control_id:20}",
            f"{one.state:12}",
            f"{one.error_code} {one.error_location}".strip(),
        )
        return "  ".join(parts).rstrip()
