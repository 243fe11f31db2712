from __future__ import annotations

from orders.models import Procedure
from orders.requests import Code


def known_procedure(asked: Code) -> Procedure | None:
    """The catalogue's entry: of the sender's coding system, or of our own."""
    if not asked.code:
        return None
    known = Procedure.objects.filter(code=asked.code)
    return known.filter(system__in=[asked.system, "99RADFLOW"]).order_by("id").first()
