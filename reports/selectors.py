"""Reads of reports and cases; each a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Case,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KT, KeyTextTransform
from django.db.models.functions import Greatest
from django.utils import timezone

from orders.lifecycle import OPEN_STATES, TERMINAL_STATES, ExamState
from orders.models import SIGNED, Order, ReportStatus
from orders.selectors import with_mrn
from radflow.accounts.models import User
from reports.lifecycle import OPEN_CASE_STATES, CaseState
from reports.models import CriticalCase, ReportVersion

_UNREAD = (ReportStatus.NONE, ReportStatus.DRAFT)
_READ_BUT_UNSIGNED = (
    ReportStatus.DRAFT,
    ReportStatus.DICTATED,
    ReportStatus.PRELIMINARY,
    ReportStatus.WITHDRAWN,
)
_RANK = Case(
    When(priority="S", then=Value(0)),
    When(priority="R", then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)


def _view(view: str, user: User) -> Q:
    """The exams of a tab of the reading list."""
    if view == "mine":
        waiting = [*_UNREAD, ReportStatus.PRELIMINARY]
        return Q(report__claimed_by=user, report_status__in=waiting)
    if view == "preliminary":
        return Q(report_status=ReportStatus.PRELIMINARY)
    if view == "signed":
        return Q(report_status__in=SIGNED, pk__in=_signed_today())
    return Q(report_status__in=_UNREAD)


def _signed_today() -> list[int]:
    """Orders, found by the time alone: a join would read every signed exam."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    signed = ReportVersion.objects.filter(signed_at__gte=today).order_by()
    return list(signed.values_list("report__order", flat=True).distinct())


VIEWS = ("unread", "mine", "preliminary", "signed")
OWN_MOST = 500
RECENT = timedelta(days=14)
_OWN = {
    "all": Q(),
    "reported": Q(report_status__in=SIGNED),
    "pending": ~Q(report_status__in=SIGNED) & ~Q(status__in=TERMINAL_STATES),
}
OWN_VIEWS = tuple(_OWN)
# Of exams that are not open, whose report somebody signed a version of.
_OWN_SIGNED = {
    **_OWN,
    "pending": Q(status=ExamState.PERFORMED, report_status__in=_READ_BUT_UNSIGNED),
}


def reading_list(
    view: str, user: User, *, limit: int = 50, after: int = 0
) -> list[Order]:
    """Performed exams of a tab, by priority, then by how long they wait."""
    found = _performed().filter(_view(view, user))
    found = with_mrn(found.select_related("patient", "visit", "report__claimed_by"))
    ordered = found.alias(rank=_RANK).order_by("rank", "ended_at", "id")
    return list(ordered[after : after + limit])


def counts(user: User) -> dict[str, int]:
    """How many exams each tab holds."""
    return {view: _performed().filter(_view(view, user)).count() for view in VIEWS}


def _performed() -> QuerySet[Order]:
    return Order.objects.filter(status=ExamState.PERFORMED)


News = list[tuple[int, datetime]]


def ordered_by(user: User, view: str) -> News:
    """What this person ordered and when there was news of it, the latest first.

    Everything that is not over, and what changed or was reported in the last 14 days;
    at most OWN_MOST. Nobody without a staff identifier ordered anything.
    """
    if not user.staff_id:
        return []
    latest: dict[int, datetime] = {}
    for source in (_open_news, _changes, _signings):
        for order, at in source(user, view):
            latest[order] = max(at, latest.get(order, at))
    found = sorted(latest.items(), key=lambda news: (news[1], news[0]), reverse=True)
    return found[:OWN_MOST]


# Each source is asked by its own index: one condition over all reads every report. The
# latest of the whole are among the latest of the sources, so each is cut alike.


def _open_news(user: User, view: str) -> News:
    at = Greatest("status_since", Max("report__versions__signed_at"))
    found = _orders_of(user).filter(_OWN[view], status__in=OPEN_STATES)
    found = found.annotate(news_at=at).order_by("-news_at", "-id")
    return list(found.values_list("id", "news_at")[:OWN_MOST])


def _changes(user: User, view: str) -> News:
    recently = timezone.now() - RECENT
    found = _orders_of(user).filter(_OWN[view], status_since__gte=recently)
    found = found.order_by("-status_since", "-id")
    return list(found.values_list("id", "status_since")[:OWN_MOST])


def _signings(user: User, view: str) -> News:
    """By the last version of each report, so that no exam takes two places."""
    later = ReportVersion.objects.filter(
        report=OuterRef("report__pk"), number__gt=OuterRef("report__versions__number")
    )
    found = _orders_of(user).filter(_OWN_SIGNED[view]).exclude(status__in=OPEN_STATES)
    found = found.filter(
        ~Exists(later),
        report__versions__signed_at__gte=timezone.now() - RECENT,
    )
    found = found.order_by("-report__versions__signed_at", "-id")
    return list(found.values_list("id", "report__versions__signed_at")[:OWN_MOST])


def _orders_of(user: User) -> QuerySet[Order]:
    found = Order.objects.alias(orderer=KT("ordering_provider__id"))
    return found.filter(orderer=user.staff_id)


def with_versions(orders: Iterable[int]) -> dict[int, Order]:
    """By their number, with the patient and all that was signed."""
    found = with_mrn(Order.objects.filter(pk__in=orders))
    found = found.select_related("patient", "report")
    return {order.pk: order for order in found.prefetch_related("report__versions")}


def priors_of(order: Order) -> list[Order]:
    """Earlier exams of the patient with a signed report, the latest first."""
    found = Order.objects.filter(patient=order.patient_id, report_status__in=SIGNED)
    found = found.exclude(pk=order.pk).select_related("report")
    found = found.prefetch_related("report__versions__signed_by")
    return list(found.order_by("-ended_at")[:20])


@dataclass(frozen=True)
class CaseBoard:
    """Cases by what they need, each list in the order of its clock."""

    overdue: list[CriticalCase]
    due: list[CriticalCase]
    acknowledged: list[CriticalCase]
    closed: list[CriticalCase]


def case_board() -> CaseBoard:
    """Whether a case is overdue is read off the clock now, not off a state."""
    now = timezone.now()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    is_open = Q(state__in=OPEN_CASE_STATES)
    shown = is_open | Q(state=CaseState.ACKNOWLEDGED)
    shown |= Q(state=CaseState.CLOSED, closed_at__gte=today)
    found = list(_cases().filter(shown).order_by("due_at", "id"))
    waiting = [case for case in found if case.is_open]
    return CaseBoard(
        overdue=[case for case in waiting if case.due_at <= now],
        due=[case for case in waiting if case.due_at > now],
        acknowledged=[c for c in found if c.state == CaseState.ACKNOWLEDGED],
        closed=[case for case in found if case.state == CaseState.CLOSED],
    )


def open_alerts() -> list[CriticalCase]:
    """What every entitled screen must shout: open and critical, or overdue."""
    loud = Q(category__lte=2) | Q(due_at__lte=timezone.now())
    found = _cases().filter(loud, state__in=OPEN_CASE_STATES)
    return list(found.order_by("due_at", "id"))


def open_cases_ordered_by(user: User) -> list[CriticalCase]:
    """Unacknowledged critical results of exams that this person ordered."""
    if not user.staff_id:
        return []
    orderer = KeyTextTransform("id", "order__ordering_provider")
    found = _cases().alias(orderer=orderer)
    found = found.filter(state__in=OPEN_CASE_STATES, orderer=user.staff_id)
    return list(found.order_by("due_at", "id"))


def _cases() -> QuerySet[CriticalCase]:
    found = CriticalCase.objects.select_related("order__patient", "acknowledged_by")
    return found.prefetch_related("ladder", "order__patient__identifiers")


def unread_count() -> int:
    """Performed exams that wait for a reader."""
    return _performed().filter(report_status__in=_UNREAD).count()


def open_case_count() -> int:
    """Critical cases that nobody has acknowledged."""
    return CriticalCase.objects.filter(state__in=OPEN_CASE_STATES).count()
