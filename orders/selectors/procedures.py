"""The catalogue, read: what a sender's code means, and what waits for a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from orders.models import LateralityRule, Order, Procedure, ProcedureAlias
from orders.requests import Code
from radflow.messaging.models import Peer

OWN_SYSTEM = "99RADFLOW"


def known_procedure(
    asked: Code, peer: Peer | None = None, *, retired: bool = False
) -> Procedure | None:
    """What a person mapped for this sender, else the catalogue, else for everybody.

    The sender's coding system goes before our own. `retired` finds those too that
    are not ordered any more, for orders that are there already.
    """
    if not asked.code:
        return None
    return _chosen(asked, _mapped(asked, peer), _in_catalogue(asked), retired=retired)


def _chosen(
    asked: Code,
    aliases: Iterable[ProcedureAlias],
    catalogue: Iterable[Procedure],
    *,
    retired: bool,
) -> Procedure | None:
    mapped = [alias for alias in aliases if retired or alias.procedure.active]
    own = [alias.procedure for alias in mapped if alias.peer_id is not None]
    known = [one for one in catalogue if retired or one.active]
    exact = [one for one in known if one.system == asked.system]
    general = [alias.procedure for alias in mapped if alias.peer_id is None]
    return next(iter([*own, *exact, *general, *known]), None)


def _in_catalogue(asked: Code) -> QuerySet[Procedure]:
    systems = [asked.system, OWN_SYSTEM]
    found = Procedure.objects.filter(code=asked.code, system__in=systems)
    return found.order_by("id")


def _mapped(asked: Code, peer: Peer | None) -> QuerySet[ProcedureAlias]:
    found = ProcedureAlias.objects.filter(code=asked.code, system=asked.system)
    found = found.filter(Q(peer=peer) | Q(peer=None))
    return found.select_related("procedure").order_by("id")


def procedure_of(order: Order) -> Procedure | None:
    """The catalogue's entry of an order that is there, retired or not."""
    return known_procedure(code_of(order), order.peer, retired=True)


def lacks_side(order: Order) -> bool:
    """No side is ordered, though the catalogue wants one."""
    if order.laterality:
        return False
    known = procedure_of(order)
    return bool(known and known.laterality == LateralityRule.REQUIRED)


def procedures_of(orders: Sequence[Order]) -> dict[int, Procedure | None]:
    """`procedure_of` for each, by its id; two queries for all of them."""
    codes = {order.procedure_code for order in orders} - {""}
    aliases = ProcedureAlias.objects.filter(code__in=codes)
    mapped = list(aliases.select_related("procedure").order_by("id"))
    catalogue = list(Procedure.objects.filter(code__in=codes).order_by("id"))
    return {order.pk: _among(order, mapped, catalogue) for order in orders}


def _among(
    order: Order, mapped: Sequence[ProcedureAlias], catalogue: Sequence[Procedure]
) -> Procedure | None:
    asked = code_of(order)
    means = (asked.code, asked.system)
    return _chosen(
        asked,
        [
            each
            for each in mapped
            if (each.code, each.system) == means
            and each.peer_id in (order.peer_id, None)
        ],
        [
            each
            for each in catalogue
            if each.code == asked.code and each.system in (asked.system, OWN_SYSTEM)
        ],
        retired=True,
    )


def code_of(order: Order) -> Code:
    return Code(order.procedure_code, order.procedure_text, order.procedure_system)
