"""One entry of the catalogue: added, changed, and put back as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders.catalogue.mapping import release_known
from orders.catalogue.table import COLUMNS
from orders.exceptions import VersionConflict
from orders.models import Procedure
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit


def values_of(procedure: Procedure) -> dict[str, Any]:
    return {name: getattr(procedure, name) for name in COLUMNS}


def add_procedure(*, values: Mapping[str, Any], by: User) -> Procedure:
    """Orders that waited for its code go on."""
    with unit.work():
        return _keep(Procedure(), values, by)


def change_procedure(
    *, procedure_id: int, values: Mapping[str, Any], version: int, by: User
) -> Procedure:
    """`version` is what the person had before them; VersionConflict after another."""
    with unit.work():
        procedure = Procedure.objects.select_for_update().get(pk=procedure_id)
        if procedure.version != version:
            raise VersionConflict(
                gettext_noop("Somebody changed this procedure meanwhile.")
            )
        procedure.version += 1
        return _keep(procedure, values, by)


def _keep(procedure: Procedure, values: Mapping[str, Any], by: User) -> Procedure:
    before = values_of(procedure)
    for name, value in values.items():
        setattr(procedure, name, value)
    procedure.changed_by, procedure.changed_at = by, timezone.now()
    procedure.save()
    changed = [name for name in COLUMNS if before[name] != getattr(procedure, name)]
    detail = {"procedure": procedure.pk, "changed": changed}
    audit.record("procedure_saved", actor=by, detail=detail)
    release_known(by=by)
    return procedure
