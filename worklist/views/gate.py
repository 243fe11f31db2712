"""The scan gate: wristband and requisition must both be of this exam."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.lifecycle import WORKLIST_STATES, ExamState
from orders.models import Order
from orders.selectors import orders_with_patients
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.forms import BeginForm, GateForm
from worklist.models import Verification, VerificationMethod
from worklist.selectors import station_list
from worklist.services import begin_exam, verify_identity
from worklist.services.gate import VALID_FOR, is_patient
from worklist.views.answers import REFUSALS, done, in_words, refused, wants_fragment
from worklist.views.gate_checks import Scans, checks
from worklist.views.patient_facts import facts_of
from worklist.views.rows import who
from worklist.views.station import chosen_station, names_of

WAITING, MATCH, MISMATCH = "waiting", "match", "mismatch"


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def gate(request: HttpRequest, order_id: int) -> HttpResponse:
    """Wait for two scans, compare them on the server, show the verdict."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    if request.method == "POST":
        return _read(request, order)
    verification = _shown_check(request, order)
    typed = "typed" in request.GET
    return _page(request, order, verification, Scans(typed=typed))


def _shown_check(request: HttpRequest, order: Order) -> Verification | None:
    """The check in the address, as long as the person who made it may use it."""
    wanted = request.GET.get("check", "")
    if not wanted.isdecimal():
        return None
    mine = Verification.objects.filter(order=order, user=current_user(request))
    fresh = mine.filter(used_at=None, at__gt=timezone.now() - VALID_FOR)
    return fresh.filter(pk=wanted).first()


def _read(request: HttpRequest, order: Order) -> HttpResponse:
    form = GateForm(request.POST)
    if not form.is_valid():
        return _page(request, order, None, Scans(typed=True), status=400)
    scans = _sorted(order, form)
    if not _is_complete(order, scans):
        return _page(request, order, None, scans)
    try:
        verification = verify_identity(
            order_id=order.pk,
            user=current_user(request),
            presented_patient_id=scans.wristband,
            presented_accession=scans.requisition,
            method=form.method(),
        )
    except REFUSALS as error:
        return refused(request, reverse("worklist:station"), error)
    if wants_fragment(request):
        return _page(request, order, verification, scans)
    address = reverse("worklist:gate", args=[order.pk])
    return redirect(f"{address}?check={verification.pk}")


def _sorted(order: Order, form: GateForm) -> Scans:
    """The requisition may be read first: our own accession is no patient."""
    wristband = form.cleaned_data["wristband"].strip()
    requisition = form.cleaned_data["requisition"].strip()
    typed = form.method() == VerificationMethod.TYPED and bool(wristband or requisition)
    if not requisition and wristband == order.accession_number:
        wristband, requisition = "", wristband
    return Scans(wristband, requisition, typed)


def _is_complete(order: Order, scans: Scans) -> bool:
    """Whether there is a verdict: both were read, or what was read is wrong."""
    if scans.wristband and not is_patient(order, scans.wristband):
        return True
    if scans.requisition and scans.requisition != order.accession_number:
        return True
    return bool(scans.wristband and scans.requisition)


@requires(Capability.PERFORM_EXAM)
@require_POST
def begin(request: HttpRequest, order_id: int) -> HttpResponse:
    """Start the exam on a check that fits; the service decides, not the page."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    form = BeginForm(request.POST, has_side=bool(order.laterality))
    if not form.is_valid():
        return _not_begun(request, order, form)
    try:
        begin_exam(
            order_id=order_id,
            user=current_user(request),
            verification_id=form.cleaned_data["verification"],
        )
    except REFUSALS as error:
        return _page(request, order, None, Scans(), problem=in_words(error), status=409)
    return done(request, reverse("worklist:station"), _("Exam begun."))


def _not_begun(request: HttpRequest, order: Order, form: BeginForm) -> HttpResponse:
    wanted = form.cleaned_data.get("verification") or 0
    mine = Verification.objects.filter(order=order, user=current_user(request))
    problems = form.errors.get("side") or [_("There is no check. Scan again.")]
    text = " ".join(str(problem) for problem in problems)
    check = mine.filter(pk=wanted, used_at=None).first()
    return _page(request, order, check, Scans(), problem=text, status=400)


def _page(
    request: HttpRequest,
    order: Order,
    verification: Verification | None,
    scans: Scans,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    other = _other_exam(request, order, verification)
    audit.record_view(
        request,
        "gate_viewed",
        order_id=order.pk,
        patient_id=order.patient_id,
        detail={"other_order": other.pk} if other else {},
    )
    context = {
        "order": order,
        "facts": facts_of(order),
        "scans": _as_shown(scans, verification),
        "verification": verification,
        "state": _state(verification),
        "checks": checks(order, verification, scans, other),
        "other": other,
        "other_name": who(other) if other else "",
        "problem": problem,
        "may_begin": order.status in WORKLIST_STATES,
        "state_label": _(ExamState(order.status).label),
    }
    name = "_gate" if wants_fragment(request) else "gate"
    return render(request, f"worklist/{name}.html", context, status=status)


def _state(verification: Verification | None) -> str:
    if verification is None:
        return WAITING
    return MATCH if verification.matched else MISMATCH


def _as_shown(scans: Scans, verification: Verification | None) -> Scans:
    if verification is None:
        return scans
    return Scans(
        verification.presented_patient_id,
        verification.presented_accession,
        verification.method == VerificationMethod.TYPED,
    )


def _other_exam(
    request: HttpRequest, order: Order, verification: Verification | None
) -> Order | None:
    """The exam of this scanner today that the wrong scan belongs to."""
    station = chosen_station(request)
    if verification is None or verification.matched or station is None:
        return None
    presented = {verification.presented_patient_id, verification.presented_accession}
    own = names_of(order)
    for step in station_list(station, timezone.localdate()):
        if step.order_id != order.pk and (presented - own - {""}) & names_of(
            step.order
        ):
            return step.order
    return None
