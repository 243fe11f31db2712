"""Adding and changing the ports that we hear HL7 on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.models import Listener

FIELDS = (
    "name",
    "enabled",
    "port",
    "security",
    "release2",
    "max_connections",
    "max_per_address",
    "idle_seconds",
)


@transaction.atomic
def add_listener(*, values: Mapping[str, Any], by: User) -> Listener:
    """Opened within seconds by the process that listens."""
    listener = _set(Listener(), values)
    listener.save()
    _tell("listener_added", listener, by=by, changes=dict(values))
    return listener


@transaction.atomic
def change_listener(
    *, listener_id: int, values: Mapping[str, Any], by: User
) -> Listener:
    """What differs is changed, and audited with what it was and is."""
    listener = Listener.objects.select_for_update().get(pk=listener_id)
    before = {name: getattr(listener, name) for name in FIELDS}
    listener = _set(listener, values)
    changes = {
        name: [before[name], getattr(listener, name)]
        for name in FIELDS
        if before[name] != getattr(listener, name)
    }
    if changes:
        listener.save(update_fields=list(changes))
        _tell("listener_changed", listener, by=by, changes=changes)
    return listener


def _set(listener: Listener, values: Mapping[str, Any]) -> Listener:
    if unknown := sorted(set(values) - set(FIELDS)):
        raise ValidationError(dict.fromkeys(unknown, _("This is not a setting.")))
    for name, value in values.items():
        setattr(listener, name, value)
    listener.full_clean()
    return listener


def _tell(
    action: str, listener: Listener, *, by: User, changes: Mapping[str, Any]
) -> None:
    detail = {"listener": listener.pk, "changes": dict(changes)}
    audit.record(action, actor=by, detail=detail)
    live.publish("channel", 0)
