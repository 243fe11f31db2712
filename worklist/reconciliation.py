"""What schedule and images give to reconcile (standards.md sections 5.3 and 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, gettext_noop

from orders.lifecycle import ExamState
from orders.models import UNSIGNED, Order, OrderEvent
from orders.reconciliation.kinds import order_item, with_people
from orders.reconciliation.registry import MOST, Action, Item, Kind, register
from radflow.accounts.roles import Capability
from radflow.accounts.templatetags.display import attention
from worklist.lifecycle import AppointmentState
from worklist.models import DoseRecord, ExternalAppointment, PerformedStep, Study
from worklist.selectors.candidates import candidates_for, steps_for
from worklist.selectors.doses import strange_doses
from worklist.selectors.external import to_look_at
from worklist.selectors.likely import likely_orders
from worklist.services.booking import ROOM_SHUT

S = ExamState
WITHOUT_IMAGES = timedelta(hours=1)
ABANDONED = timedelta(hours=4)
NEVER_BEGUN = timedelta(hours=12)
_MOMENT = "j M Y H:i"
_ENDED = (S.CANCELLED, S.DISCONTINUED, S.REPLACED)


def connect() -> None:
    for kind in (
        Kind(
            "unlinked",
            gettext_noop("Images without order"),
            gettext_noop("A scanner worked on an exam that fits no order here."),
            _unlinked,
            _strangers,
        ),
        Kind(
            "strange-studies",
            gettext_noop("Studies without order"),
            gettext_noop("An archive has images that fit no exam here."),
            _strange,
            _orphans,
        ),
        Kind(
            "strange-doses",
            gettext_noop("Dose reports without order"),
            gettext_noop("A dose report names no exam here, or another patient."),
            _doses,
            strange_doses,
        ),
        Kind(
            "appointments",
            gettext_noop("Appointments without order"),
            gettext_noop(
                "A scheduler booked, moved or ended what fits no exam here. It is "
                "linked by itself when its order comes."
            ),
            _appointments,
            to_look_at,
        ),
        Kind(
            "imageless",
            gettext_noop("Orders without images"),
            gettext_noop(
                "Ended for an hour or more, not signed, and no series was told of."
            ),
            _without_images,
            _imageless,
        ),
        Kind(
            "after-cancel",
            gettext_noop("Performed after cancel"),
            gettext_noop("The scanner began although the order had ended."),
            _after_cancel,
            _revived,
        ),
        Kind(
            "abandoned",
            gettext_noop("Abandoned in progress"),
            gettext_noop("Begun four hours ago or more, and not ended."),
            _abandoned,
            _running,
        ),
        Kind(
            "missed",
            gettext_noop("Never begun"),
            gettext_noop("The slot passed half a day ago or more."),
            _missed,
            _passed,
        ),
        Kind(
            "room-shut",
            gettext_noop("Room shut at its time"),
            gettext_noop("The room is closed or blocked when the exam is booked."),
            _displaced,
            _shut_out,
        ),
    ):
        register(kind)


def _strangers() -> QuerySet[PerformedStep]:
    return PerformedStep.objects.filter(order=None)


def _unlinked(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    steps = list(_strangers().order_by("started_at", "id")[after : after + limit])
    best = candidates_for(steps)
    return [
        Item(
            title=_told(step),
            since=step.started_at,
            action=Action(
                gettext("Compare and link"),
                reverse("worklist:unlinked", args=(step.pk,)),
            ),
            detail=gettext(step.mismatch) if step.mismatch else "",
            proposal=_named(best.get(step.pk)),
        )
        for step in steps
    ]


def _orphans() -> QuerySet[Study]:
    return Study.objects.filter(order=None)


def _strange(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    found = _orphans().select_related("archive").order_by("id")
    return [
        Item(
            title=gettext("%(archive)s, %(number)s series")
            % {
                "archive": study.archive or gettext("An archive"),
                "number": study.archived_series,
            },
            since=study.available_at or timezone.now(),
            action=Action(
                gettext("Compare and link"),
                reverse("worklist:study", args=(study.pk,)),
            ),
            detail=gettext(study.mismatch) if study.mismatch else "",
            numbers=tuple(_numbers_of(study)),
        )
        for study in found[after : after + limit]
    ]


def _doses(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        Item(
            title=dose.device or gettext("A scanner"),
            since=dose.received_at,
            action=Action(
                gettext("Compare and link"),
                reverse("worklist:strange-dose", args=(dose.pk,)),
            ),
            detail=gettext(dose.mismatch) if dose.mismatch else "",
            numbers=tuple(_numbers_of(dose)),
        )
        for dose in strange_doses()[after : after + limit]
    ]


def _numbers_of(strange: Study | DoseRecord) -> Iterator[str]:
    if number := strange.told.get("accession"):
        yield gettext("Accession %(number)s") % {"number": number}
    if number := strange.told.get("patient_id"):
        yield gettext("Patient %(number)s") % {"number": number}


def _told(step: PerformedStep) -> str:
    return gettext("%(scanner)s, %(number)s series") % {
        "scanner": step.station_ae_title or gettext("A scanner"),
        "number": step.series_count,
    }


def _named(found: list[tuple[Order, list[str]]] | None) -> str:
    if not found:
        return gettext("No order fits")
    order, reasons = found[0]
    return gettext("Accession %(number)s: %(reasons)s") % {
        "number": order.accession_number,
        "reasons": ", ".join(gettext(reason) for reason in reasons),
    }


def _appointments(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    rows = to_look_at().select_related("room", "patient", "peer")
    found = list(rows.order_by("created_at", "id")[after : after + limit])
    likely = likely_orders(found)
    return [
        Item(
            title=_slot_in_words(row),
            since=row.created_at,
            action=Action(
                gettext("Compare and link"),
                reverse("worklist:appointment", args=(row.pk,)),
                needs=Capability.SCHEDULE,
                otherwise=gettext("A coordinator links the appointment"),
            ),
            detail=gettext(row.attention) if row.attention else "",
            proposal=_named(likely[row.pk]),
            order=row.order,
            patient=row.patient,
            numbers=tuple(row.order_numbers),
        )
        for row in found
    ]


def _slot_in_words(row: ExternalAppointment) -> str:
    where = row.room.name if row.room else row.said.get("unknown_place", "")
    at = (
        formats.date_format(timezone.localtime(row.start), _MOMENT) if row.start else ""
    )
    told = [gettext(AppointmentState(row.state).label), at, where, row.peer.name]
    return ", ".join(filter(None, told))


def _page(label: str, name: str, pk: int) -> Action:
    return Action(label, reverse(f"worklist:{name}", args=(pk,)))


def _order(order: Order) -> Action:
    return Action(gettext("Open the order"), reverse("orders:detail", args=(order.pk,)))


def _imageless() -> QuerySet[Order]:
    """Whoever signed a report has seen images, wherever they came from."""
    late = timezone.now() - WITHOUT_IMAGES
    told = Study.objects.filter(order=OuterRef("pk"))
    told = told.filter(Q(series_count__gt=0) | Q(archived_series__gt=0))
    return Order.objects.filter(UNSIGNED, ~Exists(told), ended_at__lt=late)


def _without_images(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    orders = list(with_people(_imageless())[after : after + limit])
    likely = steps_for(orders)
    return [
        order_item(
            order,
            gettext("No images"),
            _link(order, likely) or _order(order),
            detail=gettext(
                "Ask the scanner to send its report again, or link its images."
            ),
            proposal=_likely(order, likely) or gettext("No images without order fit"),
        )
        for order in orders
    ]


Likely = Mapping[int, tuple[PerformedStep, list[str]]]


def _likely(order: Order, likely: Likely) -> str:
    if order.pk not in likely:
        return ""
    step, reasons = likely[order.pk]
    said = gettext(
        "Images of %(scanner)s, %(series)s series, %(images)s images: %(reasons)s"
    )
    return said % {
        "scanner": step.station_ae_title or gettext("A scanner"),
        "series": step.series_count,
        "images": step.instance_count,
        "reasons": ", ".join(gettext(reason) for reason in reasons),
    }


def _link(order: Order, likely: Likely) -> Action | None:
    """Where the images are compared with the order, and linked."""
    if order.pk not in likely:
        return None
    return Action(
        gettext("Compare and link"),
        reverse("worklist:unlinked", args=(likely[order.pk][0].pk,)),
        needs=Capability.SCHEDULE,
        otherwise=gettext("A coordinator links the images"),
    )


def _revived() -> QuerySet[Order]:
    begun = OrderEvent.objects.filter(
        order=OuterRef("pk"), from_status__in=_ENDED, to_status=S.IN_PROGRESS
    )
    open_ones = Order.objects.filter(status__in=(S.IN_PROGRESS, S.PERFORMED))
    return open_ones.exclude(needs_attention="").filter(Exists(begun))


def _after_cancel(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    orders = list(with_people(_revived())[after : after + limit])
    likely = steps_for(orders)
    return [
        order_item(
            order,
            gettext("Scanned after it had ended"),
            Action(
                gettext("Look, then mark as seen"),
                reverse("orders:act", args=(order.pk, "seen")),
            ),
            detail=attention(order.needs_attention),
            proposal=_likely(order, likely),
        )
        for order in orders
    ]


def _running() -> QuerySet[Order]:
    late = timezone.now() - ABANDONED
    return Order.objects.filter(status=S.IN_PROGRESS, started_at__lt=late)


def _abandoned(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    orders = list(with_people(_running())[after : after + limit])
    likely = steps_for(orders)
    return [
        order_item(
            order,
            gettext("Still in progress"),
            _link(order, likely)
            or _page(gettext("End or discontinue"), "discontinue", order.pk),
            detail=_ask_there(order),
            proposal=_likely(order, likely),
        )
        for order in orders
    ]


def _ask_there(order: Order) -> str:
    where = order.room_name or order.station_ae_title
    return gettext("%(where)s: ask there.") % {"where": where}


def _passed() -> QuerySet[Order]:
    late = timezone.now() - NEVER_BEGUN
    return Order.objects.filter(
        status__in=(S.SCHEDULED, S.ARRIVED, S.READY), scheduled_start__lt=late
    )


def _missed(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        order_item(
            order,
            gettext("Slot passed"),
            Action(
                gettext("Move or free the slot"),
                reverse("worklist:schedule", args=(order.pk,)),
            ),
        )
        for order in with_people(_passed())[after : after + limit]
    ]


def _shut_out() -> QuerySet[Order]:
    return Order.objects.filter(
        status__in=(S.SCHEDULED, S.ARRIVED, S.READY),
        scheduled_start__gte=timezone.now() - NEVER_BEGUN,
        flags__contains=[ROOM_SHUT],
    )


def _displaced(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        order_item(
            order,
            gettext("Room shut"),
            Action(
                gettext("Move or free the slot"),
                reverse("worklist:schedule", args=(order.pk,)),
            ),
            detail=order.room_name,
        )
        for order in with_people(_shut_out())[after : after + limit]
    ]
