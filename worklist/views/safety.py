"""The safety questions of an exam: answered before it, released where they stop it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.exceptions import AnswerRefused
from orders.models import AnswerKind, Order, SafetyAnswer
from orders.models.safety import CHOICES
from orders.selectors import mrn_of, orders_with_patients
from orders.selectors.safety import Asked
from orders.services.safety import Decision, answer_questions, release_answer
from radflow.accounts.access import current_user, requires
from radflow.accounts.countersign import second_person
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.forms import ReleaseForm
from worklist.selectors.safety import checklist, site_of_exam
from worklist.views.answers import REFUSALS, done, in_words, refused


@dataclass(frozen=True)
class Question:
    """One line of the form; `value` is what stands in it."""

    asked: Asked
    value: str

    @property
    def name(self) -> str:
        return f"q{self.asked.question.pk}"

    @property
    def choices(self) -> list[tuple[str, str]]:
        said = CHOICES.get(self.asked.question.kind, ())
        return [(one.value, _(str(one.label))) for one in said]

    @property
    def is_number(self) -> bool:
        return self.asked.question.kind == AnswerKind.NUMBER


def questions_of(
    lines: list[Asked], typed: Mapping[str, str] | None = None
) -> list[Question]:
    """With what was typed, else with the answer that counts."""
    found = []
    for line in lines:
        value = line.answer.value if line.answer else ""
        name = f"q{line.question.pk}"
        found.append(Question(line, (typed or {}).get(name, value)))
    return found


def typed_answers(request: HttpRequest) -> dict[int, str]:
    return {
        int(name[1:]): str(value)
        for name, value in request.POST.items()
        if name[:1] == "q" and name[1:].isdecimal() and len(name) < 19
    }


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def safety(request: HttpRequest, order_id: int) -> HttpResponse:
    """All questions of the exam, before the patient is at the gate or later."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    if request.method == "GET":
        return _page(request, order)
    try:
        answer_questions(
            order_id=order.pk,
            site=site_of_exam(order),
            user=current_user(request),
            answers=typed_answers(request),
        )
    except REFUSALS as error:
        return _page(request, order, problem=in_words(error), status=400)
    if any(line.is_stopping for line in checklist(order)):
        return redirect("worklist:safety", order.pk)
    return done(request, reverse("worklist:station"), _("Answers kept."))


def _page(
    request: HttpRequest, order: Order, *, problem: str = "", status: int = 200
) -> HttpResponse:
    audit.record_view(
        request, "safety_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    typed = request.POST.dict() if request.method == "POST" else None
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "questions": questions_of(checklist(order), typed),
        "problem": problem,
        "back": reverse("worklist:station"),
    }
    return render(request, "worklist/safety.html", context, status=status)


@requires(Capability.PERFORM_EXAM)
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, order_id: int, answer_id: int) -> HttpResponse:
    """Why the exam goes on, who decided, and the second person's password."""
    order = get_object_or_404(orders_with_patients(), pk=order_id)
    answers = SafetyAnswer.objects.select_related("user").filter(order=order)
    answer = get_object_or_404(answers, pk=answer_id)
    if request.method == "GET":
        return _release_page(request, order, answer, ReleaseForm())
    form = ReleaseForm(request.POST)
    if form.is_valid() and _sign(request, order, answer, form):
        return redirect(_after_release(request, order))
    return _release_page(request, order, answer, form, status=400)


def _sign(
    request: HttpRequest, order: Order, answer: SafetyAnswer, form: ReleaseForm
) -> bool:
    """Whether it is signed; else the form says why not."""
    values = form.cleaned_data
    signer = second_person(request, values["username"], values["password"])
    if signer is None:
        form.add_error("password", _("User name or password is wrong."))
        return False
    decision = Decision(values["reason"], values["comment"], values["decided_by"])
    try:
        release_answer(
            order_id=order.pk,
            answer_id=answer.pk,
            site=site_of_exam(order),
            user=current_user(request),
            signer=signer,
            decision=decision,
        )
    except REFUSALS as error:
        form.add_error("username", in_words(error))
        return False
    return True


def _check(request: HttpRequest) -> str:
    """The check of identity that waits at the gate meanwhile."""
    wanted = request.GET.get("check", "")
    return wanted if wanted.isdecimal() and len(wanted) < 19 else ""


def _after_release(request: HttpRequest, order: Order) -> str:
    if check := _check(request):
        gate = reverse("worklist:gate", args=[order.pk])
        return f"{gate}?{urlencode({'check': check})}"
    return reverse("worklist:safety", args=[order.pk])


def _release_page(
    request: HttpRequest,
    order: Order,
    answer: SafetyAnswer,
    form: ReleaseForm,
    *,
    status: int = 200,
) -> HttpResponse:
    back = _after_release(request, order)
    lines = checklist(order)
    if not any(one.answer == answer and one.is_stopping for one in lines):
        text = _("This answer does not stop the exam any more. Look again.")
        return refused(request, back, AnswerRefused(text))
    audit.record_view(
        request, "safety_viewed", order_id=order.pk, patient_id=order.patient_id
    )
    context = {
        "order": order,
        "mrn": mrn_of(order),
        "answer": answer,
        "form": form,
        "back": back,
    }
    return render(request, "worklist/release.html", context, status=status)
