"""The catalogue, read: what a sender's code means, and what waits for a meaning."""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from orders.models import Order, Procedure
from orders.requests import Code
from radflow.messaging.models import Peer

OWN_SYSTEM = "99RADFLOW"
_OWN_ALIAS, _EXACT, _ALIAS, _OURS = range(4)


def known_procedure(
    asked: Code, peer: Peer | None = None, *, retired: bool = False
) -> Procedure | None:
    """What a person mapped for this sender, else the catalogue, else for everybody.

    The sender's coding system goes before our own. `retired` finds those too that
    are not ordered any more, for orders that are there already.
    """
    if not asked.code:
        return None
    found = _ranked(_in_catalogue(asked), _EXACT, _OURS, Q(system=asked.system))
    mapped = _ranked(_mapped(asked, peer), _OWN_ALIAS, _ALIAS, Q(aliases__peer=peer))
    if not retired:
        found, mapped = found.filter(active=True), mapped.filter(active=True)
    return found.union(mapped, all=True).order_by("rank", "id").first()


def _in_catalogue(asked: Code) -> QuerySet[Procedure]:
    systems = [asked.system, OWN_SYSTEM]
    return Procedure.objects.filter(code=asked.code, system__in=systems)


def _mapped(asked: Code, peer: Peer | None) -> QuerySet[Procedure]:
    return Procedure.objects.filter(
        Q(aliases__peer=peer) | Q(aliases__peer=None),
        aliases__code=asked.code,
        aliases__system=asked.system,
    )


def _ranked(
    found: QuerySet[Procedure], first: int, second: int, when: Q
) -> QuerySet[Procedure]:
    rank = Case(
        When(when, then=Value(first)),
        default=Value(second),
        output_field=IntegerField(),
    )
    return found.annotate(rank=rank).order_by()


def procedure_of(order: Order) -> Procedure | None:
    """The catalogue's entry of an order that is there, retired or not."""
    return known_procedure(code_of(order), order.peer, retired=True)


def code_of(order: Order) -> Code:
    return Code(order.procedure_code, order.procedure_text, order.procedure_system)
