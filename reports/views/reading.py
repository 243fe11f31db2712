from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from orders.models import Order, ReportStatus
from orders.selectors import mrn_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.selectors import VIEWS, counts, reading_list

PAGE = 50
LABELS = {
    "unread": _("Unread"),
    "mine": _("Mine"),
    "preliminary": _("Preliminary"),
    "signed": _("Signed today"),
}
# Minutes from images to report, by priority: what the waiting bar is measured by.
TARGETS = {"S": 60, "R": 24 * 60}


@dataclass(frozen=True)
class ReadingRow:
    """What the reading list shows of an exam; `target` in minutes.

    `holder` is who reads it now, empty when it is free.
    """

    pk: int
    priority: str
    ended_at: datetime | None
    target: int
    procedure: str
    laterality: str
    reason: str
    family_name: str
    given_name: str
    birth_date: date | None
    birth_date_text: str
    mrn: str
    location: str
    report_status: str
    report_label: str
    holder: str
    is_mine: bool


@requires(Capability.WRITE_REPORT)
def reading(request: HttpRequest) -> HttpResponse:
    """What waits to be read, by priority and then by how long."""
    user = current_user(request)
    view = request.GET.get("view", "unread")
    view = view if view in VIEWS else "unread"
    number = counts(user)
    page = Paginator(range(number[view]), PAGE).get_page(request.GET.get("page"))
    after = max(page.start_index() - 1, 0)
    orders = reading_list(view, user, limit=PAGE, after=after)
    audit.record_view(
        request, "reading_list_viewed", detail={"orders": [o.pk for o in orders]}
    )
    context = {
        "view": view,
        "page": page,
        "tabs": [(name, LABELS[name], number[name]) for name in VIEWS],
        "rows": [_row(order, user) for order in orders],
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "reports/_reading.html" if is_fragment else "reports/reading.html"
    return render(request, name, context)


def _row(order: Order, user: User) -> ReadingRow:
    patient, holder = order.patient, _holder(order)
    return ReadingRow(
        pk=order.pk,
        priority=order.priority,
        ended_at=order.ended_at,
        target=TARGETS.get(order.priority, 240),
        procedure=order.procedure_text or order.procedure_code,
        laterality=order.laterality,
        reason=order.reason,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        birth_date_text=patient.birth_date_text,
        mrn=mrn_of(order),
        location=order.visit.location if order.visit else "",
        report_status=order.report_status,
        report_label=str(ReportStatus(order.report_status).label),
        holder=holder.display_name if holder else "",
        is_mine=holder == user,
    )


def _holder(order: Order) -> User | None:
    report = getattr(order, "report", None)
    return report.claimed_by if report else None
