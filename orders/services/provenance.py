"""Where each value came from, and what it was before: written with every change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from orders.cause import Cause
from orders.models import Order, Patient, Provenance, Visit
from orders.requests import Sources
from radflow import unit

Values = Mapping[str, Any]


def keep_source(
    subject: Order | Patient | Visit,
    *,
    was: Values,
    now: Values,
    sources: Sources,
    cause: Cause,
) -> Provenance | None:
    """Record what differs between `was` and `now`, by the names of the model's fields.

    A value missing in `was` counts as empty, so a new row records what it begins with.
    `sources` names the message's field per value. Returns None where nothing differs.
    """
    changes = {
        name: {
            "was": _plain(was.get(name)),
            "now": _plain(value),
            "from": sources.get(name, ""),
        }
        for name, value in now.items()
        if _plain(value) != _plain(was.get(name))
    }
    if not changes:
        return None
    row = Provenance(
        **{_SUBJECTS[type(subject)]: subject},
        at=cause.at,
        changes=changes,
        inbound_id=cause.inbound_id,
        user=cause.user,
        actor=cause.actor,
    )
    unit.add(row)
    return row


_SUBJECTS: dict[type, str] = {Order: "order", Patient: "patient", Visit: "visit"}


def _plain(value: Any) -> Any:
    """As JSON keeps it; empty values are all the same."""
    if value in (None, "", [], (), {}):
        return ""
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value
