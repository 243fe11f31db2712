"""The referring clinician's own patients: what became of each exam they ordered."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from orders.lifecycle import ExamState
from orders.models import Order
from orders.selectors import mrn_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.models import Report, ReportState, ReportVersion, SectionCode
from reports.selectors import OWN_VIEWS, open_cases_ordered_by, ordered_by

LABELS = {"all": _("All"), "reported": _("Reported"), "pending": _("Pending")}
_READABLE = (
    ReportState.PRELIMINARY,
    ReportState.FINAL,
    ReportState.CORRECTED,
    ReportState.ADDENDED,
)
S = ExamState
# How far an exam is, of the six steps an order takes until its report is signed.
STEPS = (S.ORDERED, S.SCHEDULED, S.ARRIVED, S.IN_PROGRESS, S.PERFORMED)
REPORTED = len(STEPS) + 1


@dataclass(frozen=True)
class Card:
    """An exam as its orderer asks for it: `step` 0 means it is not under way."""

    order: Order
    mrn: str
    version: ReportVersion | None
    impression: str
    step: int


@requires(Capability.OWN_PATIENTS)
def mine(request: HttpRequest) -> HttpResponse:
    """Exams this person ordered, by news; open critical results above them."""
    user = current_user(request)
    view = request.GET.get("view", "all")
    view = view if view in OWN_VIEWS else "all"
    cards = [_card(order) for order in ordered_by(user, view)]
    cases = open_cases_ordered_by(user)
    shown = [card.order.pk for card in cards] + [case.order_id for case in cases]
    audit.record_view(request, "own_patients_listed", detail={"orders": shown})
    context = {
        "view": view,
        "tabs": list(LABELS.items()),
        "cards": cards,
        "cases": [(case, mrn_of(case.order)) for case in cases],
        "steps": range(1, REPORTED + 1),
        "known": bool(user.staff_id),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "reports/_mine.html" if is_fragment else "reports/mine.html"
    return render(request, name, context)


def _card(order: Order) -> Card:
    version = _latest(order)
    text = version.sections.get(SectionCode.IMPRESSION, "") if version else ""
    return Card(order, mrn_of(order), version, text, _step(order, version))


def _latest(order: Order) -> ReportVersion | None:
    """The version that holds now; a withdrawn text is not read on."""
    report: Report | None = getattr(order, "report", None)
    if report is None or report.status not in _READABLE:
        return None
    versions = list(report.versions.all())
    return max(versions, key=lambda version: version.number, default=None)


def _step(order: Order, version: ReportVersion | None) -> int:
    if version and version.status != ReportState.PRELIMINARY:
        return REPORTED
    status = S.ARRIVED if order.status == S.READY else S(order.status)
    return STEPS.index(status) + 1 if status in STEPS else 0
