"""Images that fitted no order, given to one by a person (RAD-11 of the seed)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import OrderError
from orders.lifecycle import Event, ExamState
from orders.models import Order, OrderEvent
from orders.services import note_on, record_event
from orders.services.events import locked
from radflow.audit import services as audit
from worklist.models import PerformedStep, PerformedStepStatus
from worklist.selectors.candidates import told_by
from worklist.services.dosing import keep_step_dose
from worklist.services.outcome import apply_outcome
from worklist.services.studies import refresh_study


class AttachedAlready(OrderError):
    """Somebody linked it meanwhile."""

    code = "LINKED_ALREADY"


@transaction.atomic
def attach_performed_step(
    *, performed_id: int, order_id: int, reason: str, cause: Cause
) -> Order:
    """The exam begins, and ends if the scanner has ended, as if it had fitted at once.

    The order's Study UID stays: images under another one are told to the reader.
    """
    performed = PerformedStep.objects.select_for_update().get(pk=performed_id)
    if performed.order_id is not None:
        raise AttachedAlready(
            gettext("These images belong to an order by now. Look again.")
        )
    order = locked(order_id)
    data = told_by(performed)
    performed.order = order
    performed.step = order.steps.filter(closed=False).first()
    performed.mismatch = ""
    performed.save()
    _tell(order, reason, cause)
    if order.status != ExamState.PERFORMED:
        record_event(
            order_id=order.pk,
            event=Event.BEGIN,
            cause=cause,
            detail=gettext_noop("Images linked by hand"),
        )
    refresh_study(order, data)
    keep_step_dose(performed, data)
    if performed.status != PerformedStepStatus.IN_PROGRESS:
        apply_outcome(order, performed, data, cause, no_series=not data.series)
    audit.record(
        "images_linked",
        actor=cause.user,
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"performed_step": performed.pk, "reason": reason},
    )
    return Order.objects.get(pk=order.pk)


def _tell(order: Order, reason: str, cause: Cause) -> None:
    note_on(
        order,
        kind=OrderEvent.Kind.CHECK,
        title=gettext_noop("Images linked by hand"),
        detail=reason[:500],
        cause=cause,
    )
