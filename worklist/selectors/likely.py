"""Exams that an appointment without order may be for, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_noop

from orders.lifecycle import NOT_STARTED
from orders.models import Order
from worklist.models import ExternalAppointment

Candidates = list[tuple[Order, list[str]]]
_NEAR = timedelta(hours=12)
_MOST = 5
_SCORES = {
    gettext_noop("order number"): 100,
    gettext_noop("patient ID"): 40,
    gettext_noop("procedure"): 20,
    gettext_noop("time"): 10,
}
# A procedure or a day alone fits too many.
_FITS = 40


def likely_orders(rows: Sequence[ExternalAppointment]) -> dict[int, Candidates]:
    """By appointment, the best first; two queries for all of them."""
    orders = _possible(rows)
    found = {}
    for row in rows:
        scored = [(order, _reasons(row, order)) for order in orders]
        fitting = [(order, why) for order, why in scored if _score(why) >= _FITS]
        found[row.pk] = sorted(fitting, key=lambda one: -_score(one[1]))[:_MOST]
    return found


def _possible(rows: Sequence[ExternalAppointment]) -> list[Order]:
    numbers = {number for row in rows for number in row.order_numbers}
    people = {key.rsplit("|", 1)[0] for row in rows for key in row.patient_keys}
    found = Order.objects.filter(
        Q(placer_order_number__in=numbers)
        | Q(filler_order_number__in=numbers)
        | Q(accession_number__in=numbers)
        | Q(patient__identifiers__value__in=people),
        status__in=NOT_STARTED,
        is_container=False,
    )
    found = found.select_related("patient").prefetch_related("patient__identifiers")
    return list(found.distinct().order_by("-id")[:500])


def _reasons(row: ExternalAppointment, order: Order) -> list[str]:
    numbers = {
        order.placer_order_number,
        order.filler_order_number,
        order.accession_number,
    }
    keys = {
        f"{one.value}|{one.assigning_authority}"
        for one in order.patient.identifiers.all()
    }
    codes = {code for code, *_ in row.said.get("services", []) if code}
    wanted = order.scheduled_start or order.requested_start
    checks = {
        "order number": bool(numbers & set(row.order_numbers)),
        "patient ID": bool(keys & set(row.patient_keys)),
        "procedure": order.procedure_code in codes,
        "time": bool(wanted and row.start and abs(wanted - row.start) < _NEAR),
    }
    return [name for name, fits in checks.items() if fits]


def _score(reasons: Sequence[str]) -> int:
    return sum(_SCORES[name] for name in reasons)
