"""What exams need beside a room, held as long as the room is."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from orders.selectors import procedure_of
from worklist.exceptions import NotBookable
from worklist.models import Appointment, Resource, ResourceHold, ResourceNeed


def hold_resources(appointment: Appointment, *, is_new: bool) -> None:
    """One of each kind that the procedure needs; an overbooked exam holds none.

    Raises NotBookable where every one of a kind is in use then.
    """
    if not is_new:
        release_resources(appointment)
    if appointment.overbooked:
        return
    for kind in _kinds_for(appointment):
        _hold_one(appointment, kind)


def release_resources(appointment: Appointment) -> None:
    appointment.resources.all().delete()


def _kinds_for(appointment: Appointment) -> list[str]:
    if not ResourceNeed.objects.exists():
        return []
    procedure = procedure_of(appointment.step.order)
    if procedure is None:
        return []
    needs = ResourceNeed.objects.filter(procedure=procedure).order_by("kind")
    return list(needs.values_list("kind", flat=True))


def _hold_one(appointment: Appointment, kind: str) -> None:
    """Two at the same moment: the exclusion constraint lets the first have it."""
    fitting = Resource.objects.filter(
        kind=kind, site=appointment.room.site_id, enabled=True
    )
    for resource in fitting:
        try:
            with transaction.atomic():
                ResourceHold.objects.create(
                    appointment=appointment,
                    resource=resource,
                    during=appointment.during,
                )
        except IntegrityError as error:
            if "resource_held_once" not in str(error):
                raise
        else:
            return
    said = _("The exam needs %(kind)s, and none is free then. Choose another time.")
    raise NotBookable(said % {"kind": kind}, code="RESOURCE_TAKEN")
