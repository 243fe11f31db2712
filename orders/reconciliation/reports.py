"""Reports from outside whose order is not known, with the order that may fit.

No handler takes reports yet: each is kept as it came, and was refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from orders.authorities import canonical
from orders.models import Order, PatientIdentifier
from orders.reconciliation.registry import MOST, Action, Item, Kind, register
from radflow.accounts.roles import Capability
from radflow.accounts.templatetags.display import attention
from radflow.hl7.errors import HL7Error
from radflow.hl7.message import Message
from radflow.messaging.checks import parse_from
from radflow.messaging.models import InboundMessage, InboundState

TYPES = ("ORU^R01", *(f"MDM^T{number:02}" for number in range(1, 12)))
# Where a report names its order: segment, field, and which number that is.
_NUMBERS = (
    ("ORC", 2, "placer"),
    ("OBR", 2, "placer"),
    ("TXA", 14, "placer"),
    ("ORC", 3, "filler"),
    ("OBR", 3, "filler"),
    ("TXA", 15, "filler"),
    ("OBR", 18, "accession"),
    ("IPC", 1, "accession"),
)
_LABELS = {
    "placer": gettext_noop("Placer no."),
    "filler": gettext_noop("Filler no."),
    "accession": gettext_noop("Accession"),
}
_SCORES = {
    gettext_noop("filler number"): 8,
    gettext_noop("accession number"): 8,
    gettext_noop("placer number"): 6,
    gettext_noop("patient ID"): 3,
    gettext_noop("procedure"): 2,
}
_FITS = 5
_MOST_ORDERS = 1000


@dataclass(frozen=True)
class Told:
    """What a report says of its order; `people` are values with their authority."""

    numbers: tuple[tuple[str, str], ...] = ()
    people: tuple[tuple[str, str], ...] = ()
    procedures: frozenset[str] = frozenset()

    def under(self, kind: str) -> set[str]:
        return {value for name, value in self.numbers if name == kind}

    def in_words(self) -> tuple[str, ...]:
        orders = [f"{gettext(_LABELS[kind])} {value}" for kind, value in self.numbers]
        people = [
            gettext("Patient %(number)s")
            % {"number": f"{value} ({authority})" if authority else value}
            for value, authority in self.people
        ]
        return (*orders, *people)


def connect() -> None:
    register(
        Kind(
            "reports",
            gettext_noop("Reports without order"),
            gettext_noop(
                "Came by HL7 and were refused: reports from outside are not taken yet. "
                "Each is kept as it came."
            ),
            _reports,
            _standing,
        )
    )


def _standing() -> QuerySet[InboundMessage]:
    """Each report once, however often its sender tried."""
    found = InboundMessage.objects.filter(
        message_type__in=TYPES,
        state__in=(InboundState.PARKED, InboundState.REJECTED),
        pruned_at=None,
    ).exclude(peer=None)
    firsts = found.order_by("body_hash", "id").distinct("body_hash")
    return InboundMessage.objects.filter(pk__in=firsts.values("pk"))


def _reports(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    found = _standing().defer("ack_raw").select_related("peer").order_by("id")
    told = {row: _told_by(row) for row in found[after : after + limit]}
    orders = _possible(told.values())
    return [_item(row, one, _best(one, orders)) for row, one in told.items()]


def _item(
    row: InboundMessage, told: Told, best: tuple[Order, list[str]] | None
) -> Item:
    return Item(
        title=f"{row.message_type} {row.control_id}",
        since=row.received_at,
        action=_open_order(best[0]) if best else _open_message(row),
        detail=attention(row.error_text),
        proposal=_proposed(best),
        numbers=told.in_words(),
    )


def _open_order(order: Order) -> Action:
    return Action(gettext("Open the order"), reverse("orders:detail", args=(order.pk,)))


def _open_message(row: InboundMessage) -> Action:
    return Action(
        gettext("Open the message"),
        reverse("messaging:detail", args=(row.pk,)),
        needs=Capability.VIEW_MESSAGES,
        otherwise=gettext("An interface admin opens the message"),
    )


def _proposed(best: tuple[Order, list[str]] | None) -> str:
    if best is None:
        return gettext("No order fits")
    order, reasons = best
    return gettext("Accession %(number)s: %(reasons)s") % {
        "number": order.accession_number,
        "reasons": ", ".join(gettext(why) for why in reasons),
    }


def _told_by(row: InboundMessage) -> Told:
    """Of one that cannot be read, nothing: it is listed all the same."""
    assert row.peer is not None
    try:
        message = parse_from(row.peer, bytes(row.raw))
    except HL7Error:
        return Told()
    codes = {segment.value(4) for segment in message.all("OBR")}
    return Told(
        tuple(dict.fromkeys(_numbers(message))),
        tuple(dict.fromkeys(_people(message))),
        frozenset(codes - {""}),
    )


def _numbers(message: Message) -> Iterator[tuple[str, str]]:
    for name, position, kind in _NUMBERS:
        for segment in message.all(name):
            if value := segment.value(position).strip():
                yield kind, value


def _people(message: Message) -> Iterator[tuple[str, str]]:
    for segment in message.all("PID"):
        for cx in segment.repetitions(3):
            if value := cx.value().strip():
                yield value, canonical(cx.value(4, 1), cx.value(4, 2))


def _possible(told: Collection[Told]) -> list[Order]:
    """Every order that one of the reports may mean; each table is asked once."""
    named = {kind: {v for one in told for v in one.under(kind)} for kind in _LABELS}
    values = {value for one in told for value, _ in one.people}
    people = PatientIdentifier.objects.filter(value__in=values)
    ours = named["filler"] | named["accession"]
    found = Order.objects.filter(
        Q(filler_order_number__in=ours)
        | Q(accession_number__in=ours)
        | Q(placer_order_number__in=named["placer"])
        | Q(patient_id__in=list(people.values_list("patient_id", flat=True)))
    )
    found = found.select_related("patient").prefetch_related("patient__identifiers")
    return list(found.order_by("-id")[:_MOST_ORDERS])


def _best(told: Told, orders: Sequence[Order]) -> tuple[Order, list[str]] | None:
    scored = [(order, _reasons(told, order)) for order in orders]
    fitting = [pair for pair in scored if _score(pair[1]) >= _FITS]
    if not fitting:
        return None
    order, reasons = max(fitting, key=lambda pair: _score(pair[1]))
    if told.people and "patient ID" not in reasons:
        reasons = [*reasons, gettext_noop("but another patient ID")]
    return order, reasons


def _reasons(told: Told, order: Order) -> list[str]:
    filler = told.under("filler")
    # Some senders give the accession as the filler's number.
    ours = told.under("accession") | (filler - {order.filler_order_number})
    checks = {
        "filler number": order.filler_order_number in filler,
        "accession number": order.accession_number in ours,
        "placer number": order.placer_order_number in told.under("placer"),
        "patient ID": _is_named(told, order),
        "procedure": order.procedure_code in told.procedures,
    }
    return [name for name, fits in checks.items() if fits]


def _is_named(told: Told, order: Order) -> bool:
    """A report that names no authority is believed for its number alone."""
    return any(
        one.value == value and authority in ("", one.assigning_authority)
        for one in order.patient.identifiers.all()
        for value, authority in told.people
    )


def _score(reasons: Sequence[str]) -> int:
    return sum(_SCORES[name] for name in reasons)
