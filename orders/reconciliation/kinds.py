"""What orders and people themselves give to reconcile."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from orders.models import DuplicateCandidate, HeldChange, Order
from orders.reconciliation.registry import MOST, Action, Item, Kind, register
from orders.services.attention import reason_of, with_warning
from orders.services.reassigning import FLAGS
from radflow.accounts.templatetags.display import attention, translated
from radflow.messaging.models import InboundMessage, InboundState

_IDENTITY = ("PATIENT_MISMATCH", "MERGE_DOUBTFUL")


# What a mismatch tells of an order, or is matched by: it has fifty columns more.
_OF_ORDER = (
    "accession_number",
    "procedure_code",
    "procedure_text",
    "study_instance_uid",
    "modality",
    "status_since",
    "requested_start",
    "scheduled_start",
    "started_at",
    "station_ae_title",
    "room_name",
    "needs_attention",
    "identity_conflict",
)
_OF_PERSON = ("patient__family_name", "patient__given_name")


def connect() -> None:
    for kind in KINDS:
        register(kind)


def order_item(
    order: Order, title: str, action: Action, *, detail: str = "", proposal: str = ""
) -> Item:
    return Item(
        title=title,
        since=order.status_since,
        action=action,
        detail=detail,
        proposal=proposal,
        order=order,
        patient=order.patient,
    )


def act_on(order: Order, name: str, label: str) -> Action:
    return Action(label, reverse("orders:act", args=(order.pk, name)))


def with_people(orders: QuerySet[Order]) -> QuerySet[Order]:
    found = orders.select_related("patient").order_by("status_since", "id")
    return found.only(*_OF_ORDER, *_OF_PERSON)


def _doubted() -> QuerySet[Order]:
    return Order.objects.exclude(identity_conflict="")


def _doubtful(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        order_item(
            order,
            gettext("Identity in doubt"),
            Action(
                gettext("Compare and settle"),
                reverse("orders:act", args=(order.pk, "settle")),
            ),
            detail=attention(order.identity_conflict),
        )
        for order in with_people(_doubted())[after : after + limit]
    ]


def _disagreeing() -> QuerySet[InboundMessage]:
    """Not those that name another patient of an order: the file of whom they name is
    not in doubt, and the change of the order is decided on its own page."""
    of_order = HeldChange.objects.filter(
        inbound=OuterRef("pk"),
        state=HeldChange.State.OPEN,
        reasons__contains=[HeldChange.Reason.PATIENT],
    )
    return InboundMessage.objects.filter(
        ~Exists(of_order), state=InboundState.PARKED, error_code__in=_IDENTITY
    )


def _messages(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    rows = _disagreeing().defer("raw", "ack_raw").select_related("peer")
    return [
        Item(
            title=f"{row.message_type} {row.control_id}",
            since=row.parked_at or row.received_at,
            action=Action(
                gettext("Compare and decide"),
                reverse("orders:conflict", args=(row.pk,)),
            ),
            detail=attention(row.error_text),
        )
        for row in rows.order_by("id")[after : after + limit]
    ]


def _moved() -> QuerySet[Order]:
    found = Order.objects.exclude(needs_attention="")
    return found.filter(needs_attention__in=[*FLAGS, *map(with_warning, FLAGS)])


def _merged(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        order_item(
            order,
            gettext(FLAGS[reason_of(order)]),
            Action(
                gettext("Look, then mark as seen"),
                reverse("orders:act", args=(order.pk, "seen")),
            ),
            detail=attention(order.needs_attention),
        )
        for order in with_people(_moved())[after : after + limit]
    ]


def _waiting() -> QuerySet[HeldChange]:
    """Without those that are decided with their message, by comparing two people."""
    found = HeldChange.objects.filter(state=HeldChange.State.OPEN)
    return found.exclude(inbound__in=_disagreeing().values("pk"))


def _held(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    found = _waiting().select_related("order__patient").order_by("id")
    of_order = [f"order__{name}" for name in (*_OF_ORDER, *_OF_PERSON)]
    found = found.only("held_at", "applied", "differences", *of_order)
    return [
        Item(
            title=gettext("Applied, to be looked at")
            if one.applied
            else gettext("Waits for a decision"),
            since=one.held_at,
            action=Action(gettext("Compare"), reverse("orders:held", args=(one.pk,))),
            detail=", ".join(translated(each["label"]) for each in one.differences),
            order=one.order,
            patient=one.order.patient,
        )
        for one in found[after : after + limit]
    ]


def _alike() -> QuerySet[DuplicateCandidate]:
    return DuplicateCandidate.objects.filter(
        state=DuplicateCandidate.State.OPEN,
        first__merged_into=None,
        second__merged_into=None,
    )


def _pairs(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    found = _alike().select_related("first").order_by("-score", "id")
    found = found.only("reasons", "found_at", "first__family_name", "first__given_name")
    return [
        Item(
            title=", ".join(gettext(why) for why in one.reasons),
            since=one.found_at,
            action=Action(
                gettext("Compare"), reverse("patients:duplicate", args=(one.pk,))
            ),
            patient=one.first,
        )
        for one in found[after : after + limit]
    ]


def _early() -> QuerySet[Order]:
    found = Order.objects.filter(tombstones__isnull=False)
    return found.exclude(needs_attention="")


def _unseen(limit: int = MOST, after: int = 0) -> Sequence[Item]:
    return [
        order_item(
            order,
            gettext("Cancelled before it was ordered"),
            Action(
                gettext("Look, then mark as seen"),
                reverse("orders:act", args=(order.pk, "seen")),
            ),
        )
        for order in with_people(_early())[after : after + limit]
    ]


KINDS = (
    Kind(
        "identity",
        gettext_noop("Identity in doubt"),
        gettext_noop(
            "It is not certain whose exam it is: off every worklist, not to be signed."
        ),
        _doubtful,
        _doubted,
    ),
    Kind(
        "messages",
        gettext_noop("Messages that name somebody else"),
        gettext_noop("Name, birth date or number disagree with the person on file."),
        _messages,
        _disagreeing,
    ),
    Kind(
        "merged",
        gettext_noop("Changed patient after check-in or signing"),
        gettext_noop("The patient of the exam changed at a moment when it matters."),
        _merged,
        _moved,
    ),
    Kind(
        "held",
        gettext_noop("Changes that wait"),
        gettext_noop("The ordering system would change who or what of a live order."),
        _held,
        _waiting,
    ),
    Kind(
        "duplicates",
        gettext_noop("Possibly one person"),
        gettext_noop("Two records look alike. They are never merged by the machine."),
        _pairs,
        _alike,
    ),
    Kind(
        "unseen",
        gettext_noop("Cancelled before it was ordered"),
        gettext_noop("The cancellation came first; the order was kept as cancelled."),
        _unseen,
        _early,
    ),
)
