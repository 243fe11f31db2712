"""The scan gate: wristband and requisition, then the person; only then the exam."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orders.lifecycle import WORKLIST_STATES
from orders.models import Order
from orders.selectors import orders_with_patients
from orders.services.safety import answer_questions
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from worklist.forms import BeginForm, GateForm, PersonForm
from worklist.models import Verification, VerificationMethod
from worklist.selectors.safety import site_of_exam
from worklist.services import Answers, begin_exam, confirm_person, verify_identity
from worklist.services.gate import is_patient
from worklist.views.answers import REFUSALS, done, in_words, refused, wants_fragment
from worklist.views.gate_checks import Scans
from worklist.views.gate_page import own_check_of, show
from worklist.views.safety import typed_answers


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def gate(request: HttpRequest, order_id: int) -> HttpResponse:
    """Wait for two scans, compare them on the server, show the verdict."""
    order = _order(order_id)
    if request.method == "POST" and order.status in WORKLIST_STATES:
        return _read(request, order)
    check = own_check_of(request, order, request.GET.get("check", ""))
    return show(request, order, check, Scans(typed="typed" in request.GET))


def _order(order_id: int) -> Order:
    return get_object_or_404(orders_with_patients(), pk=order_id)


def _read(request: HttpRequest, order: Order) -> HttpResponse:
    form = GateForm(request.POST)
    if not form.is_valid():
        return show(request, order, None, Scans(typed=True), status=400)
    scans = _sorted(order, form)
    if not _is_complete(order, scans, unread=form.cleaned_data["unread"]):
        return show(request, order, None, scans)
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
    return _answer(request, order, verification)


def _answer(
    request: HttpRequest, order: Order, verification: Verification
) -> HttpResponse:
    if wants_fragment(request):
        return show(request, order, verification, Scans())
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


def _is_complete(order: Order, scans: Scans, *, unread: bool) -> bool:
    """Whether there is a verdict: both were read, or what was read is wrong."""
    if scans.wristband and not is_patient(order, scans.wristband):
        return True
    if scans.requisition and scans.requisition != order.accession_number:
        return True
    if unread and (scans.wristband or scans.requisition):
        return True
    return bool(scans.wristband and scans.requisition)


@requires(Capability.PERFORM_EXAM)
@require_POST
def person(request: HttpRequest, order_id: int) -> HttpResponse:
    """What the patient said; the service compares it and keeps it."""
    order = _order(order_id)
    form = PersonForm(request.POST, has_side=bool(order.laterality))
    check = own_check_of(request, order, request.POST.get("verification", ""))
    if not form.is_valid():
        problem = form.problems() if check else _("There is no check. Scan again.")
        return show(
            request, order, check, Scans(), form=form, problem=problem, status=400
        )
    try:
        answers = confirm_person(
            order_id=order_id,
            verification_id=form.cleaned_data["verification"],
            user=current_user(request),
            answers=_answers(order, form),
        )
    except REFUSALS as error:
        return show(request, order, None, Scans(), problem=in_words(error), status=409)
    if answers.passed:
        return _answer(request, order, answers.verification)
    problem = _(
        "The birth date is not the one on record. Ask again. If the patient says the "
        "same, stop and call the ward."
    )
    return show(request, order, check, Scans(), form=form, problem=problem, status=409)


def _answers(order: Order, form: PersonForm) -> Answers:
    values = form.cleaned_data
    return Answers(
        name_said=values["name_said"],
        birth_date=values["birth_date"],
        cannot_say=values["cannot_say"],
        witness=values["witness"],
        side=order.laterality if values["side"] else "",
    )


@requires(Capability.PERFORM_EXAM)
@require_POST
def safety(request: HttpRequest, order_id: int) -> HttpResponse:
    """The safety questions, after the person; the service says what stops the exam."""
    order = _order(order_id)
    check = own_check_of(request, order, request.POST.get("verification", ""))
    if check is None:
        problem = _("There is no check. Scan again.")
        return show(request, order, None, Scans(), problem=problem, status=400)
    try:
        answer_questions(
            order_id=order.pk,
            site=site_of_exam(order),
            user=current_user(request),
            answers=typed_answers(request),
        )
    except REFUSALS as error:
        problem = in_words(error)
        return show(request, order, check, Scans(), problem=problem, status=400)
    return _answer(request, order, check)


@requires(Capability.PERFORM_EXAM)
@require_POST
def begin(request: HttpRequest, order_id: int) -> HttpResponse:
    """Start the exam on a check that fits; the service decides, not the page."""
    order = _order(order_id)
    form = BeginForm(request.POST)
    if not form.is_valid():
        problem = _("There is no check. Scan again.")
        return show(request, order, None, Scans(), problem=problem, status=400)
    wanted = form.cleaned_data["verification"]
    try:
        begin_exam(
            order_id=order_id, user=current_user(request), verification_id=wanted
        )
    except REFUSALS as error:
        check = own_check_of(request, order, str(wanted))
        usable = check if check and check.accepted else None
        return show(
            request, order, usable, Scans(), problem=in_words(error), status=409
        )
    return done(request, reverse("worklist:station"), _("Exam begun."))
