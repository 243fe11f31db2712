from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.selectors import mrn_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.idle import allowed_while_locked
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import Conflict, lines_of
from reports.exceptions import ReportError
from reports.forms import AcknowledgeForm
from reports.models import CriticalCase
from reports.selectors import case_board, open_alerts
from reports.services import acknowledge_case, close_case


@dataclass(frozen=True)
class Rung:
    recipient: str
    state: str
    at: datetime
    told: bool


@dataclass(frozen=True)
class CaseView:
    """A case as a row: `kind` is over, due or ack."""

    case: CriticalCase
    mrn: str
    kind: str
    ladder: list[Rung]


@requires(Capability.VIEW_CASES)
def cases(request: HttpRequest) -> HttpResponse:
    """Overdue, due, acknowledged, closed today: computed from stored times now."""
    return _board(request)


def _board(request: HttpRequest, status: int = 200) -> HttpResponse:
    board = case_board()
    groups = [
        ("over", "siren", _("Overdue"), [_view(c, "over") for c in board.overdue]),
        ("due", "timer", _("Due"), [_view(c, "due") for c in board.due]),
        (
            "ack",
            "phone-call",
            _("Acknowledged, not closed"),
            [_view(c, "ack") for c in board.acknowledged],
        ),
    ]
    waiting = [view.case.order_id for group in groups for view in group[-1]]
    shown = [*waiting, *(case.order_id for case in board.closed)]
    audit.record_view(request, "cases_listed", detail={"orders": shown})
    user = current_user(request)
    context = {
        "groups": groups,
        "closed": [_view(c, "ack") for c in board.closed],
        "is_empty": not waiting,
        "may_acknowledge": user.may(Capability.ACKNOWLEDGE_CASE),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "reports/_cases.html" if is_fragment else "reports/cases.html"
    return render(request, name, context, status=status)


def _view(case: CriticalCase, kind: str) -> CaseView:
    ladder = sorted(case.ladder.all(), key=lambda step: step.level)
    told = [step.level for step in ladder if step.told_at]
    current = max(told, default=-1)
    rungs = []
    for step in ladder:
        state = "now" if step.level == current else "past"
        state = "next" if step.told_at is None else state
        rungs.append(
            Rung(
                step.recipient,
                state,
                step.told_at or step.due_at,
                step.told_at is not None,
            )
        )
    return CaseView(case, mrn_of(case.order), kind, rungs)


@requires(Capability.ACKNOWLEDGE_CASE)
def acknowledge(request: HttpRequest, case_id: int) -> HttpResponse:
    """Who was told, how, and that they read it back."""
    case = get_object_or_404(_cases(), pk=case_id)
    audit.record_view(
        request,
        "case_viewed",
        order_id=case.order_id,
        patient_id=case.order.patient_id,
    )
    if request.method != "POST":
        return _ask(request, case, AcknowledgeForm(), 200)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return _ask(request, case, form, 400)
    user = current_user(request)
    try:
        acknowledge_case(case_id=case.pk, user=user, **form.cleaned_data)
    except ReportError as error:
        form.add_error(None, error.text)
        return _ask(request, _cases().get(pk=case_id), form, 409)
    messages.success(request, _("%(case)s is acknowledged.") % {"case": case.number})
    return redirect("reports:cases")


def _cases() -> QuerySet[CriticalCase]:
    found = CriticalCase.objects.select_related("order__patient", "acknowledged_by")
    return found.prefetch_related("ladder", "order__patient__identifiers")


def _ask(
    request: HttpRequest, case: CriticalCase, form: AcknowledgeForm, status: int
) -> HttpResponse:
    kind = "over" if case.due_at <= timezone.now() else "due"
    context = {"form": form, "view": _view(case, kind), "case": case}
    if form.is_bound and not case.is_open:
        context["conflict"] = _overtaken(case, form)
    return render(request, "reports/acknowledge.html", context, status=status)


def _overtaken(case: CriticalCase, form: AcknowledgeForm) -> Conflict:
    """Somebody else acknowledged it meanwhile: that stands, mine can be copied."""
    by = case.acknowledged_by
    told = {
        "person": case.acknowledged_person,
        "method": case.method,
        "read_back": case.read_back,
        "note": case.note,
    }
    return Conflict(
        by.display_name if by else "",
        case.acknowledged_at,
        lines=lines_of(form, AcknowledgeForm(initial=told)),
        theirs=reverse("reports:cases"),
    )


@requires(Capability.ACKNOWLEDGE_CASE)
@require_POST
def close(request: HttpRequest, case_id: int) -> HttpResponse:
    case = get_object_or_404(CriticalCase, pk=case_id)
    try:
        close_case(case_id=case.pk, user=current_user(request))
    except ReportError as error:
        messages.error(request, error.text)
        return _board(request, status=409)
    messages.success(request, _("%(case)s is closed.") % {"case": case.number})
    return redirect("reports:cases")


@allowed_while_locked
@requires(Capability.VIEW_CASES)
def alerts(request: HttpRequest) -> HttpResponse:
    """The strip of every page: open critical cases, without a patient's name."""
    found = open_alerts()
    now = timezone.now()
    overdue = [case for case in found if case.due_at <= now]
    context = {"cases": found, "overdue": overdue}
    return render(request, "reports/_alerts.html", context)
