"""The referring clinician's own patients: what became of each exam they ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.lifecycle import ExamState
from orders.models import Order, ReportStatus
from orders.selectors import mrn_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.lifecycle import READABLE_STATES
from reports.models import Report, ReportState, ReportVersion, SectionCode
from reports.selectors import (
    OWN_MOST,
    OWN_VIEWS,
    open_cases_ordered_by,
    ordered_by,
    with_versions,
)

PAGE = 25
LABELS = {"all": _("All"), "reported": _("Reported"), "pending": _("Pending")}
S = ExamState
# How far an exam is, of the six steps an order takes until its report is signed.
STEPS = (S.ORDERED, S.SCHEDULED, S.ARRIVED, S.IN_PROGRESS, S.PERFORMED)
REPORTED = len(STEPS) + 1


@dataclass(frozen=True)
class Card:
    """An exam as its orderer asks for it, as plain values.

    `report_status` is empty where there is nothing to read; `step` 0 means it is not
    under way.
    """

    pk: int
    patient_id: int
    accession: str
    news_at: datetime
    status: str
    report_status: str
    report_label: str
    priority: str
    family_name: str
    given_name: str
    birth_date: date | None
    birth_date_text: str
    mrn: str
    procedure: str
    laterality: str
    identity_conflict: str
    impression: str
    step: int

    @property
    def steps(self) -> range:
        return range(1, REPORTED + 1)


@requires(Capability.OWN_PATIENTS)
def mine(request: HttpRequest) -> HttpResponse:
    """Exams this person ordered, by news; open critical results above them."""
    user = current_user(request)
    view = request.GET.get("view", "all")
    view = view if view in OWN_VIEWS else "all"
    page = Paginator(ordered_by(user, view), PAGE).get_page(request.GET.get("page"))
    cards = _cards(dict(page.object_list))
    cases = open_cases_ordered_by(user)
    shown = [card.pk for card in cards] + [case.order_id for case in cases]
    audit.record_view(request, "own_patients_listed", detail={"orders": shown})
    context = {
        "view": view,
        "query": urlencode({"view": view, "page": page.number}),
        "tabs": list(LABELS.items()),
        "page": page,
        "cards": cards,
        "is_cut": page.paginator.count == OWN_MOST,
        "cases": [(case, mrn_of(case.order)) for case in cases],
        "known": bool(user.staff_id),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "reports/_mine.html" if is_fragment else "reports/mine.html"
    return render(request, name, context)


def _cards(news: Mapping[int, datetime]) -> list[Card]:
    orders = with_versions(news)
    return [_card(orders[pk], at) for pk, at in news.items() if pk in orders]


def _card(order: Order, news_at: datetime) -> Card:
    version, patient = _latest(order), order.patient
    status = ReportStatus(order.report_status)
    return Card(
        pk=order.pk,
        patient_id=order.patient_id,
        accession=order.accession_number,
        news_at=news_at,
        status=order.status,
        report_status=status.value if version else "",
        report_label=gettext(str(status.label)),
        priority=order.priority,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date,
        birth_date_text=patient.birth_date_text,
        mrn=mrn_of(order),
        procedure=order.procedure_text or order.procedure_code,
        laterality=order.laterality,
        identity_conflict=order.identity_conflict,
        impression=version.sections.get(SectionCode.IMPRESSION, "") if version else "",
        step=_step(order, version),
    )


def _latest(order: Order) -> ReportVersion | None:
    """The version that holds now; a withdrawn text is not read on."""
    report: Report | None = getattr(order, "report", None)
    if report is None or report.status not in READABLE_STATES:
        return None
    versions = list(report.versions.all())
    return max(versions, key=lambda version: version.number, default=None)


def _step(order: Order, version: ReportVersion | None) -> int:
    if version and version.status != ReportState.PRELIMINARY:
        return REPORTED
    status = S.ARRIVED if order.status == S.READY else S(order.status)
    return STEPS.index(status) + 1 if status in STEPS else 0
