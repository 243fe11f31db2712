"""How an exam is to be done: the protocol that holds, and which exams lack one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from orders.lifecycle import NOT_STARTED
from orders.models import Order, Procedure, ProcedureAlias, Protocolling
from orders.selectors.procedures import procedure_of, procedures_of


def exam_now(order: Order) -> str:
    """What a protocol is for; another procedure or side needs another one."""
    return f"{order.procedure_code} {order.laterality}".strip()


def protocol_of(order: Order) -> Protocolling | None:
    """The last one, as long as it is for what is to be done now.

    Reads `protocollings` where they were fetched before.
    """
    known = getattr(order, "_prefetched_objects_cache", {}).get("protocollings")
    if known is None:
        last = order.protocollings.select_related("user").first()
    else:
        last = max(known, key=lambda one: one.pk, default=None)
    return last if last is not None and last.exam == exam_now(order) else None


def lacks_protocol(order: Order) -> bool:
    """A radiologist should have said how, by the catalogue, and has not."""
    procedure = procedure_of(order)
    wanted = procedure is not None and procedure.needs_protocol
    return wanted and protocol_of(order) is None


def protocols_of(orders: Sequence[Order]) -> dict[int, Protocolling]:
    """`protocol_of` of many, by the order's id, where there is one."""
    now = {order.pk: exam_now(order) for order in orders}
    last: dict[int, Protocolling] = {}
    for one in Protocolling.objects.filter(order__in=now).select_related("user"):
        last.setdefault(one.order_id, one)
    return {pk: one for pk, one in last.items() if one.exam == now[pk]}


def without_protocol(orders: Sequence[Order]) -> set[int]:
    """`lacks_protocol` of many, by id; three queries for all of them."""
    known = procedures_of(orders)
    wanting = {pk for pk, one in known.items() if one and one.needs_protocol}
    return wanting - protocols_of(orders).keys() if wanting else set()


def may_want_protocol() -> QuerySet[Order]:
    """Exams not begun whose code may be of such a procedure; to be looked at closer."""
    wanted = Procedure.objects.filter(needs_protocol=True)
    aliases = ProcedureAlias.objects.filter(procedure__in=wanted)
    found = Order.objects.filter(status__in=NOT_STARTED, is_container=False)
    return found.filter(
        Q(procedure_code__in=wanted.values("code"))
        | Q(procedure_code__in=aliases.values("code"))
    )
