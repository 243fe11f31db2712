"""Writing audit rows; the only way in, always in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from radflow import unit
from radflow.audit.models import AuditEntry


def record(
    action: str,
    *,
    actor: AbstractBaseUser | None = None,
    actor_text: str = "",
    address: str | None = None,
    patient_id: int | None = None,
    order_id: int | None = None,
    message_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row. `action` is a past-tense fact such as `order_viewed`."""
    unit.add(
        AuditEntry(
            action=action,
            actor_id=actor.pk if actor else None,
            actor_text=actor_text,
            address=address,
            patient_id=patient_id,
            order_id=order_id,
            message_id=message_id,
            detail=dict(detail or {}),
        )
    )


def record_view(request: HttpRequest, action: str, **what: Any) -> None:
    """Note that the signed-in person of this request read patient data."""
    user = request.user if request.user.is_authenticated else None
    record(action, actor=user, address=request.META.get("REMOTE_ADDR") or None, **what)
