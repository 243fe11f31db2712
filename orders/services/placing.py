"""New orders: ORC-1 NW, PA, CH and RO, and those made here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders import signals
from orders.cause import Cause
from orders.exceptions import AccessionUsed, DuplicateOrder
from orders.hl7 import outbound
from orders.lifecycle import OPEN_STATES, TERMINAL_STATES, ExamState
from orders.models import Order, OrderEvent, Patient, Procedure
from orders.numbers import (
    new_accession,
    new_study_uid,
    procedure_id_for,
)
from orders.requests import (
    OrderRequest,
    PatientRequest,
    VisitRequest,
)
from orders.selectors import known_procedure
from orders.services import tombstones
from orders.services.completing import completed, may_be_scheduled, missing
from orders.services.events import tell_timeline
from orders.services.patients import register_patient
from orders.services.provenance import keep_source
from orders.services.visits import keep_visit
from radflow import unit
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.models import Peer

SUSPECTED_DUPLICATE = "suspected duplicate"
# Whose origin is kept: what identifies the order, and what is to be done.
TRACED = (
    "placer_order_number",
    "placer_group_number",
    "filler_order_number",
    "accession_number",
    "requested_procedure_id",
    "study_instance_uid",
    "procedure_code",
    "procedure_text",
    "procedure_system",
    "protocol_code",
    "modality",
    "laterality",
    "priority",
    "requested_start",
    "reason",
    "clinical_info",
    "danger_code",
    "comments",
    "transport",
    "ordering_provider",
    "entered_by",
    "callback",
    "entering_organization",
    "weight_kg",
    "height_m",
)

_NUMBERS = (
    "accession_issuer",
    "placer_order_number",
    "placer_namespace",
    "status",
)


@dataclass(frozen=True)
class Placed:
    """`is_new` is false where the same order was there already (section 5.4).

    A new one may be cancelled already, where its cancellation came before it.
    """

    order: Order
    is_new: bool


@unit.atomic
def place_order(
    *,
    patient: PatientRequest,
    visit: VisitRequest | None,
    order: OrderRequest,
    cause: Cause,
    peer: Peer | None = None,
    replaces: Order | None = None,
    is_container: bool = False,
    look_why: str = "",
) -> Placed:
    """Create the order, or find the one that this repeats.

    `replaces` is the order it stands for from now on (RP, RO); a container (PA) only
    groups others; `look_why` says why a person must look at a new one.

    Raises PatientMismatch, AccessionUsed or DuplicateOrder; then nothing is stored.
    """
    person = register_patient(request=patient, cause=cause)
    earlier = _same_order(order, person, cause, replaces)
    if earlier and earlier.status not in TERMINAL_STATES:
        return _repeated(earlier, cause)
    if earlier:
        order = _again(order, earlier)
    procedure = known_procedure(order.procedure, peer)
    request = completed(order, procedure)
    known = _of_accession(request)
    _refuse_used_numbers(request, known)
    made = Order(
        patient=person,
        visit=keep_visit(person, visit, cause),
        peer=peer,
        generation=earlier.generation + 1 if earlier else 1,
        replaces=replaces,
        is_container=is_container,
        parent=_parent(request, person),
        **_values(request, known),
    )
    _flag(made, procedure, look_why)
    if cause.user and peer and peer.receives and not made.placer_order_number:
        made.number_asked_at = cause.at
    made.save(force_insert=True)
    cancelled = None if earlier else tombstones.waiting_for(request)
    _announce(
        made, request, cause, to_schedule=not cancelled and may_be_scheduled(made)
    )
    if cancelled:
        tombstones.meet(cancelled, made, cause)
    return Placed(made, is_new=True)


def _parent(request: OrderRequest, person: Patient) -> Order | None:
    """ORC-8 of a child; unknown parents, and those of other people, are none."""
    number, namespace = request.parent
    if not number:
        return None
    found = Order.objects.filter(
        placer_order_number=number, is_container=True, patient=person
    )
    if namespace:
        found = found.filter(placer_namespace=namespace)
    return found.order_by("-id").first()


def _flag(order: Order, procedure: Procedure | None, look_why: str) -> None:
    order.needs_attention = look_why
    if order.is_container:
        return
    if lack := missing(order, procedure):
        order.needs_attention = lack
    elif twin := _suspected_twin(order):
        order.flags = [SUSPECTED_DUPLICATE]
        order.needs_attention = (
            f"Possibly ordered twice: order {twin.accession_number} asks for the same. "
            "Cancel one of them at the ordering system, or keep both."
        )


def _suspected_twin(order: Order) -> Order | None:
    """Another number, the same patient and procedure, open, within a day (5.4)."""
    return Order.objects.filter(
        patient_id=order.patient_id,
        procedure_code=order.procedure_code,
        laterality=order.laterality,
        status__in=OPEN_STATES,
        created_at__gte=timezone.now() - timedelta(days=1),
    ).first()


def _announce(
    order: Order, request: OrderRequest, cause: Cause, *, to_schedule: bool
) -> None:
    taken = gettext_noop("Study UID taken from the order")
    given = gettext_noop("Study UID given here")
    uid = taken if request.study_instance_uid else given
    tell_timeline(
        order,
        kind=OrderEvent.Kind.STATE,
        title=gettext_noop("Ordered"),
        detail=f"Accession {order.accession_number}. {uid}",
        cause=cause,
        to_status=order.status,
    )
    audit.record(
        "order_placed",
        actor=cause.user,
        actor_text=cause.actor,
        patient_id=order.patient_id,
        order_id=order.pk,
        message_id=cause.inbound_id,
    )
    keep_source(
        order,
        was={},
        now={name: getattr(order, name) for name in TRACED},
        sources=request.sources,
        cause=cause,
    )
    live.publish("order", order.pk, order.version)
    live.publish("patient", order.patient_id)
    if order.number_asked_at:
        outbound.ask_number(order, cause)
    if request.route:
        signals.order_routed.send(Order, order=order, route=request.route)
    if to_schedule:
        signals.order_placed.send(
            Order,
            order=order,
            schedule=request.schedule,
            further=request.further_steps,
            cause=cause,
        )


def _same_order(
    request: OrderRequest, person: Patient, cause: Cause, replaces: Order | None
) -> Order | None:
    """The newest order under this placer number and procedure, locked.

    Another procedure on a known placer number is refused (section 5.4) unless it
    came in the same message: then it is a sibling exam with its own procedure id.
    What was replaced may leave its number to the order that stands for it.
    """
    if not request.placer_order_number:
        return None
    found = Order.objects.filter(
        placer_order_number=request.placer_order_number,
        placer_namespace=request.placer_namespace,
    )
    ids = list(found.values_list("pk", flat=True))
    if not ids:
        return None
    known = list(
        Order.objects.select_for_update()
        .filter(pk__in=ids)
        .order_by("-generation", "-id")
    )
    if replaces is not None:
        known = [one for one in known if one.status != ExamState.REPLACED]
    if any(order.patient_id != person.pk for order in known):
        raise DuplicateOrder(
            gettext_noop(
                "The placer order number is already used for another patient."
            ),
            code="PATIENT_MISMATCH",
        )
    same = [o for o in known if o.procedure_code == request.procedure.code]
    if known and not same and not _came_with(known, cause):
        raise DuplicateOrder(
            gettext_noop(
                "The placer order number is already used for another procedure. A "
                "change of procedure is ORC-1 XO; another exam needs a number of its "
                "own."
            )
        )
    return same[0] if same else None


def _came_with(known: list[Order], cause: Cause) -> bool:
    """Whether the message that causes this has made one of the known orders."""
    if cause.inbound_id is None:
        return False
    unit.write()
    made = OrderEvent.objects.filter(order__in=known, inbound_id=cause.inbound_id)
    return made.filter(to_status=ExamState.ORDERED, from_status="").exists()


def _again(request: OrderRequest, ended: Order) -> OrderRequest:
    """Cancelled and ordered anew: a later NW is a new exam with numbers of its own.

    One that is not later is the old order coming late; nothing must come alive.
    """
    since = _ended_at(ended)
    if not (request.event_time and since) or request.event_time <= since:
        raise DuplicateOrder(
            gettext_noop(
                "This order was cancelled or ended, and the message is not newer. If "
                "the exam is wanted again, the sender must order it anew."
            )
        )
    return replace(request, accession_number="", study_instance_uid="")


def _ended_at(ended: Order) -> datetime | None:
    """The event time of its end: a person or a scanner may have ended it after all
    that messages told of it.
    """
    ends = OrderEvent.objects.filter(order=ended, to_status=ended.status)
    last = ends.order_by("id").last()
    if ended.event_time is None or last is None or last.inbound_id:
        return ended.event_time
    return max(ended.event_time, last.at)


def _repeated(order: Order, cause: Cause) -> Placed:
    tell_timeline(
        order,
        kind=OrderEvent.Kind.MESSAGE,
        title=gettext_noop("The same order came again"),
        detail=gettext_noop("Nothing changed; a change would be ORC-1 XO"),
        cause=cause,
    )
    return Placed(order, is_new=False)


def _of_accession(request: OrderRequest) -> list[Order]:
    """The exams that have this accession number, of any issuer."""
    if not request.accession_number:
        return []
    found = Order.objects.filter(accession_number=request.accession_number)
    return list(found.only(*_NUMBERS))


def _refuse_used_numbers(request: OrderRequest, known: list[Order]) -> None:
    """Neither accession nor Study UID is ever reused or re-pointed.

    One accession over several procedures of one request is legal (D1).
    """
    strangers = (
        order
        for order in known
        if order.accession_issuer == request.accession_issuer
        and not _is_sibling(order, request)
    )
    if any(strangers) or _uid_used(request.study_instance_uid):
        raise AccessionUsed(
            gettext_noop(
                "Accession number or Study Instance UID already belongs to another "
                "order. The sender must give the new order its own."
            )
        )


def _is_sibling(order: Order, request: OrderRequest) -> bool:
    ours = (request.placer_order_number, request.placer_namespace)
    return (
        bool(request.placer_order_number)
        and (order.placer_order_number, order.placer_namespace) == ours
        and order.status not in TERMINAL_STATES
    )


def _uid_used(uid: str) -> bool:
    return bool(uid) and Order.objects.filter(study_instance_uid=uid).exists()


def _values(request: OrderRequest, known: list[Order]) -> dict[str, Any]:
    accession = request.accession_number or _free_accession()
    siblings = [o for o in known if o.accession_issuer == request.accession_issuer]
    return {
        "accession_number": accession,
        "accession_issuer": request.accession_issuer,
        "requested_procedure_id": request.requested_procedure_id
        or _procedure_id(accession, len(siblings)),
        # The accession; from the second procedure on `<accession>-<n>` (D1).
        "filler_order_number": f"{accession}-{len(known) + 1}" if known else accession,
        "study_instance_uid": request.study_instance_uid or new_study_uid(),
        "sender_application": request.sender_application,
        "sender_facility": request.sender_facility,
        "placer_order_number": request.placer_order_number,
        "placer_namespace": request.placer_namespace,
        "placer_group_number": request.placer_group_number,
        "requested_start": request.requested_start or request.schedule.start,
        "ordered_at": request.event_time,
        "timing_at": request.event_time,
        "clinical_at": request.event_time,
        "event_time": request.event_time,
        **content_of(request),
    }


def _free_accession() -> str:
    """The next of ours that no hospital has given to an order of its own."""
    while True:
        number = new_accession()
        if not Order.objects.filter(accession_number=number).exists():
            return number


def content_of(request: OrderRequest) -> dict[str, Any]:
    """The columns that a later XO may change, by name."""
    return {
        "procedure_code": request.procedure.code,
        "procedure_text": request.procedure.text[:200],
        "procedure_system": request.procedure.system,
        "protocol_code": request.protocol.code,
        "protocol_text": request.protocol.text[:200],
        "protocol_system": request.protocol.system,
        "modality": request.modality,
        "laterality": request.laterality,
        "priority": request.priority or "R",
        **_clinical(request),
    }


def _clinical(request: OrderRequest) -> dict[str, Any]:
    return {
        "reason": (request.reason.text or request.reason.code)[:500],
        "reason_code": request.reason.code,
        "reason_system": request.reason.system,
        "clinical_info": request.clinical_info,
        "danger_code": request.danger_code[:200],
        "comments": request.comments,
        "transport": request.transport[:20],
        "ordering_provider": request.ordering_provider,
        "entered_by": request.entered_by[:200],
        "callback": request.callback[:200],
        "entering_organization": request.entering_organization[:200],
        "weight_kg": request.weight_kg,
        "height_m": request.height_m,
    }


def _procedure_id(accession: str, siblings: int) -> str:
    """Of its own for each exam of an accession, at most 16 characters."""
    end = f"-{siblings + 1}" if siblings else ""
    return procedure_id_for(accession)[: 16 - len(end)] + end
