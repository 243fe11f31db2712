"""What the address of the message list asks for, as filter, chips and query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from radflow.messaging.browse import SEARCH_HOURS, Wanted
from radflow.messaging.models import InboundState, OutboundState, Peer

STATES = [*InboundState.choices, *OutboundState.choices]
HOURS = (1, 2, 8, 24, 72, 168)
TEXTS = ("direction", "control_id", "message_type", "accession", "patient_id", "text")
_LABELS = {
    "find": gettext_lazy("Number"),
    "direction": gettext_lazy("Direction"),
    "state": gettext_lazy("State"),
    "message_type": gettext_lazy("Type"),
    "control_id": gettext_lazy("Control ID"),
    "accession": gettext_lazy("Accession"),
    "patient_id": gettext_lazy("Patient ID"),
    "text": gettext_lazy("Text"),
    "peer": gettext_lazy("Peer"),
    "hours": gettext_lazy("Last"),
    "since": gettext_lazy("Since"),
    "until": gettext_lazy("Until"),
}
# Of the page, not of the filter.
PLACES = ("before", "show", "tab")
_LONGEST = 200


@dataclass(frozen=True)
class Chip:
    """One filter in force and the address without it."""

    label: str
    value: str
    name: str
    query: str


def wanted_of(query: QueryDict) -> Wanted:
    """A value that cannot be read is no filter."""
    values = {name: _text(query, name) for name in (*TEXTS, "find")}
    if values["direction"] not in ("", "in", "out"):
        values["direction"] = ""
    return Wanted(
        **values,
        states=tuple(one for one in query.getlist("state") if one in dict(STATES)),
        peer=_number(query, "peer"),
        hours=_number(query, "hours"),
        since=_moment(query, "since"),
        until=_moment(query, "until"),
    )


def query_of(query: QueryDict, *without: str) -> str:
    """The filters in force as a query string."""
    kept = QueryDict(mutable=True)
    for name in _LABELS:
        values = [value for value in query.getlist(name) if value.strip()]
        if values and name not in without:
            kept.setlist(name, values)
    return kept.urlencode()


def chips(query: QueryDict, peers: list[Peer]) -> list[Chip]:
    names = {str(peer.pk): peer.name for peer in peers}
    found = []
    for name, label in _LABELS.items():
        values = [value.strip() for value in query.getlist(name) if value.strip()]
        if not values:
            continue
        words = [_words(name, value, names) for value in values]
        found.append(Chip(str(label), ", ".join(words), name, query_of(query, name)))
    return found


def _words(name: str, value: str, peers: dict[str, str]) -> str:
    if name == "peer":
        return peers.get(value, value)
    if name == "hours":
        return f"{value} h"
    if name == "direction":
        return _(value)
    return str(dict(STATES).get(value, value)) if name == "state" else value


def searched_hours(wanted: Wanted) -> int | None:
    """The window that a text search was given of its own."""
    has_time = wanted.hours or wanted.since
    return SEARCH_HOURS if wanted.text and not has_time else None


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\0", "").strip()[:_LONGEST]


def _number(query: QueryDict, name: str) -> int | None:
    value = query.get(name, "")
    is_number = value.isascii() and value.isdigit() and len(value) < 6
    return int(value) if is_number else None


def _moment(query: QueryDict, name: str) -> datetime | None:
    try:
        found = parse_datetime(query.get(name, ""))
    except ValueError:
        return None
    if found is None or not timezone.is_naive(found):
        return found
    return timezone.make_aware(found)
