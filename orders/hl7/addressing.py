"""Which orders a message speaks of, by its numbers (standards.md section 3.3)."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from orders.hl7.requests import Reader
from orders.lifecycle import OPEN_STATES
from orders.models import Order
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer

Rung = dict[str, str]


def addressed(reader: Reader) -> list[Order]:
    """By filler number, accession, placer number with code, placer number alone.

    The placer number alone means every open exam under it. Parked where no order
    has these numbers, or where they lead to different orders.
    """
    known = known_by(reader)
    if not known:
        raise Parked(
            "UNKNOWN_ORDER", gettext_noop("No order here has these numbers."), "ORC^1^2"
        )
    rung, found = known[0]
    for _, others in known[1:]:
        if not {order.pk for order in found} & {order.pk for order in others}:
            raise Parked(
                "UNKNOWN_ORDER",
                gettext_noop(
                    "The numbers of this message lead to different orders. Nothing was "
                    "applied: correct the sender."
                ),
                "ORC^1^2",
            )
    latest = _newest_generations(found)
    return _open_first(latest) if rung.keys() == _PLACER else latest


def known_by(reader: Reader) -> list[tuple[Rung, list[Order]]]:
    """The orders under each of the message's numbers, the strongest number first."""
    rungs = _rungs(reader)
    return [
        (rung, orders) for rung in rungs if (orders := _named_by(rung, reader.peer))
    ]


_PLACER = {"placer_order_number", "placer_namespace"}


def _rungs(reader: Reader) -> list[Rung]:
    placer = reader.placer()
    filler = reader.value(("ORC-3.1", "OBR-3.1"))
    accession = reader.accession()
    code = reader.value(("OBR-4.1",))
    by_placer = {
        "placer_order_number": placer.id,
        "placer_namespace": placer.namespace,
    }
    ladder: list[tuple[str, Rung]] = [
        (filler, {"filler_order_number": filler}),
        (accession, {"accession_number": accession}),
        (placer.id and code, {**by_placer, "procedure_code": code}),
        (placer.id, by_placer),
    ]
    return [rung for number, rung in ladder if number]


def _named_by(rung: Rung, peer: Peer) -> list[Order]:
    """A namespace that is told once and not another time is the sender's own."""
    orders = Order.objects.select_related("patient").order_by("generation", "id")
    if found := list(orders.filter(**rung)):
        return found
    if "placer_namespace" not in rung:
        return []
    told = {name: value for name, value in rung.items() if name != "placer_namespace"}
    own = orders.filter(**told, peer=peer)
    return list(
        own if not rung["placer_namespace"] else own.filter(placer_namespace="")
    )


def _newest_generations(orders: list[Order]) -> list[Order]:
    """Of each procedure the one that was ordered last."""
    newest = {order.procedure_code: order for order in orders}
    return sorted(newest.values(), key=lambda order: order.pk)


def _open_first(orders: list[Order]) -> list[Order]:
    return [order for order in orders if order.status in OPEN_STATES] or orders
