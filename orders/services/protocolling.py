"""A radiologist says how an exam is to be done."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from orders.cause import Cause
from orders.exceptions import AnswerRefused
from orders.lifecycle import NOT_STARTED
from orders.models import Order, OrderEvent, ProtocolChoice, Protocolling
from orders.selectors.procedures import procedure_of
from orders.selectors.protocols import exam_now
from orders.services.events import locked, save, tell_timeline
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit


@dataclass(frozen=True)
class Wanted:
    """A ProtocolChoice by its id, or free text; `contrast` belongs to the latter."""

    choice: int | None = None
    text: str = ""
    contrast: bool = False
    note: str = ""


@unit.atomic
def assign_protocol(
    *,
    order_id: int,
    user: User,
    wanted: Wanted,
    expected_version: int | None = None,
) -> Protocolling:
    """The worklist carries it from this moment; what was decided before is kept.

    Raises AnswerRefused once the exam has begun (its item must not change then), and
    VersionConflict.
    """
    order = locked(order_id, expected_version)
    if order.status not in NOT_STARTED:
        raise AnswerRefused(gettext("The exam has begun or ended: it is too late."))
    chosen = _chosen(order, wanted)
    text = chosen.text if chosen else " ".join(wanted.text.split())[:200]
    if not text:
        raise AnswerRefused(gettext("Choose a protocol, or write one."))
    protocol = Protocolling.objects.create(
        order=order,
        code=chosen.code if chosen else "",
        text=text,
        system=chosen.system if chosen else "",
        contrast=chosen.contrast if chosen else wanted.contrast,
        note=wanted.note.strip()[:500],
        exam=exam_now(order),
        user=user,
        at=timezone.now(),
    )
    _tell(order, protocol)
    return protocol


def _chosen(order: Order, wanted: Wanted) -> ProtocolChoice | None:
    if wanted.choice is None:
        return None
    found = ProtocolChoice.objects.filter(
        pk=wanted.choice, procedure=procedure_of(order)
    )
    choice = found.first()
    if choice is None:
        raise AnswerRefused(gettext("This protocol is not offered for the exam."))
    return choice


def _tell(order: Order, protocol: Protocolling) -> None:
    contrast = ", with contrast" if protocol.contrast else ""
    detail = f"{protocol.text}{contrast}. {protocol.note}".strip(" .")
    tell_timeline(
        order,
        kind=OrderEvent.Kind.NOTE,
        title=gettext_noop("Protocol assigned"),
        detail=detail[:500],
        cause=Cause(user=protocol.user, at=protocol.at),
    )
    audit.record(
        "protocol_assigned",
        actor=protocol.user,
        patient_id=order.patient_id,
        order_id=order.pk,
        detail={"protocol": protocol.pk},
    )
    save(order)
