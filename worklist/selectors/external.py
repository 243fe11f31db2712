"""Appointments of schedulers outside, and the exams that they may be for (3.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from orders.lifecycle import NOT_STARTED, OPEN_STATES, ExamState
from orders.models import Order, PatientIdentifier
from orders.requests import EntityNumber, Identifier
from radflow.messaging.models import Peer
from worklist.models import ExternalAppointment
from worklist.models.external import LIVE

NO_ORDER = gettext_noop("No order here has its numbers, patient and procedure.")
SEVERAL = gettext_noop("More than one exam may be meant.")
_MOST = 20


@dataclass(frozen=True)
class Clues:
    """What an appointment says of its order, the strongest first."""

    filler_orders: tuple[EntityNumber, ...]
    placer_orders: tuple[EntityNumber, ...]
    placer: EntityNumber
    codes: tuple[str, ...]
    peer: Peer
    patient_id: int | None


def clues_of(row: ExternalAppointment) -> Clues:
    said = row.said
    return Clues(
        filler_orders=tuple((one[0], one[1]) for one in said.get("filler_orders", [])),
        placer_orders=tuple((one[0], one[1]) for one in said.get("placer_orders", [])),
        placer=(row.placer_id, row.placer_namespace),
        codes=tuple(one[0] for one in said.get("services", []) if one[0]),
        peer=row.peer,
        patient_id=row.patient_id,
    )


def find_appointment(
    peer: Peer, *, placer: EntityNumber, filler: EntityNumber
) -> ExternalAppointment | None:
    """By SCH-2, else by SCH-1; the newest where a sender uses that one again."""
    rows = ExternalAppointment.objects.filter(peer=peer).order_by("-id")
    if filler[0]:
        named = rows.filter(filler_id=filler[0], filler_namespace=filler[1])
        if found := named.first():
            return found
    if not placer[0]:
        return None
    named = rows.filter(placer_id=placer[0], placer_namespace=placer[1])
    if filler[0]:
        named = named.filter(filler_id="")
    return named.first()


def find_order(clues: Clues) -> tuple[Order | None, str]:
    """The one exam that is meant; else none, and why in words.

    A rung of the ladder that leads to several exams ends it: none is guessed.
    """
    for rung in _rungs(clues):
        found = _narrowed(list(rung[: _MOST + 1]), clues)
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, SEVERAL
    return None, NO_ORDER


def _rungs(clues: Clues) -> Iterable[QuerySet[Order]]:
    orders = Order.objects.filter(is_container=False).order_by("-generation", "-id")
    if fillers := {number for number, _ in clues.filler_orders}:
        by_filler = Q(filler_order_number__in=fillers) | Q(accession_number__in=fillers)
        yield orders.filter(by_filler)
    if clues.placer_orders:
        yield orders.filter(_placed_as(clues.placer_orders, clues.peer))
    if clues.placer[0]:
        yield orders.filter(_placed_as((clues.placer,), clues.peer))
    if clues.patient_id and clues.codes:
        yield orders.filter(
            patient=clues.patient_id,
            procedure_code__in=clues.codes,
            status=ExamState.ORDERED,
        )


def _placed_as(numbers: Sequence[EntityNumber], peer: Peer) -> Q:
    """A namespace that is told once and not another time is the sender's own."""
    found = Q()
    for number, namespace in numbers:
        own = Q(placer_order_number=number, peer=peer)
        exact = Q(placer_order_number=number, placer_namespace=namespace)
        found |= exact | (own & Q(placer_namespace="") if namespace else own)
    return found


def _narrowed(found: list[Order], clues: Clues) -> list[Order]:
    """Several exams under one number: those of the procedure, then those still open."""
    checks: tuple[Callable[[Order], bool], ...] = (
        lambda order: order.procedure_code in clues.codes,
        lambda order: order.status in OPEN_STATES,
        lambda order: order.status in NOT_STARTED,
    )
    for fits in checks:
        if len(found) > 1:
            found = [order for order in found if fits(order)] or found
    return found


def key_of_person(identifier: Identifier) -> str:
    return f"{identifier.value}|{identifier.assigning_authority}"


def patient_of(keys: Sequence[str]) -> int | None:
    """The one person whom all these identifiers lead to, if they are known."""
    wanted = {tuple(key.rsplit("|", 1)) for key in keys}
    rows = PatientIdentifier.objects.filter(value__in={value for value, _ in wanted})
    found = {
        row.patient_id for row in rows if (row.value, row.assigning_authority) in wanted
    }
    return found.pop() if len(found) == 1 else None


def waiting() -> QuerySet[ExternalAppointment]:
    """Booked outside for a patient, and no order here."""
    return ExternalAppointment.objects.filter(
        order=None, state__in=LIVE, set_aside_at=None
    ).exclude(patient_keys=[])


def to_look_at() -> QuerySet[ExternalAppointment]:
    """Those, and what else a person must see of a scheduler's appointments."""
    rows = ExternalAppointment.objects.filter(set_aside_at=None)
    without = Q(order=None, state__in=LIVE) & ~Q(patient_keys=[])
    return rows.filter(without | ~Q(attention=""))


def waiting_for(order: Order) -> list[ExternalAppointment]:
    """Those that a ladder may lead from to this exam, the oldest first."""
    numbers = {
        order.placer_order_number,
        order.filler_order_number,
        order.accession_number,
    } - {""}
    keys = [
        f"{one.value}|{one.assigning_authority}"
        for one in order.patient.identifiers.all()
    ]
    named = Q(order_numbers__overlap=list(numbers))
    of_patient = Q(patient=order.patient_id) | Q(patient_keys__overlap=keys)
    found = waiting().filter(named | of_patient).select_related("peer")
    return list(found.order_by("id")[:_MOST])


def others_of(row: ExternalAppointment) -> QuerySet[ExternalAppointment]:
    """Further bookings of the same exam."""
    rows = ExternalAppointment.objects.filter(order=row.order_id, state__in=LIVE)
    return rows.exclude(pk=row.pk).order_by("start", "id")
