"""The safety checklist and the pick lists of protocols, kept on pages."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from orders.catalogue.protocols import offer_protocol, withdraw_protocol
from orders.catalogue.question_form import ProtocolChoiceForm, QuestionForm
from orders.catalogue.questions import add_question, change_question
from orders.exceptions import VersionConflict
from orders.models import Procedure, ProtocolChoice, SafetyQuestion
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.conflict import Conflict, lines_of, renew


@requires(Capability.SCHEDULE)
@require_GET
def questions(request: HttpRequest) -> HttpResponse:
    found = SafetyQuestion.objects.select_related("site")
    context = {"questions": list(found)}
    return render(request, "orders/catalogue/questions.html", context)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, question_id: int | None = None) -> HttpResponse:
    """Add or change one; it is never deleted, as its answers stay."""
    known = (
        get_object_or_404(SafetyQuestion, pk=question_id)
        if question_id
        else SafetyQuestion()
    )
    if request.method == "GET":
        return _page(request, QuestionForm(instance=known))
    form = QuestionForm(request.POST, instance=known)
    if not form.is_valid():
        return _page(request, form, status=400)
    user = current_user(request)
    try:
        if question_id is None:
            add_question(values=form.columns(), by=user)
        else:
            change_question(
                question_id=question_id,
                values=form.columns(),
                version=form.cleaned_data["version"] or 0,
                by=user,
            )
    except VersionConflict:
        return _conflict_page(request, form)
    messages.success(request, _("Question saved."))
    return redirect("catalogue:questions")


def _conflict_page(request: HttpRequest, form: QuestionForm) -> HttpResponse:
    kept = SafetyQuestion.objects.select_related("changed_by")
    now = kept.get(pk=form.instance.pk)
    renew(form, {"version": now.version})
    conflict = Conflict(
        now.changed_by.display_name if now.changed_by else "",
        now.changed_at,
        lines=lines_of(form, QuestionForm(instance=now)),
        theirs=reverse("catalogue:question", args=[now.pk]),
        form="question-form",
    )
    return _page(request, form, status=409, conflict=conflict)


def _page(
    request: HttpRequest,
    form: QuestionForm,
    *,
    status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:
    context = {"form": form, "question": form.instance, "conflict": conflict}
    return render(request, "orders/catalogue/question.html", context, status=status)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def protocols(request: HttpRequest, procedure_id: int) -> HttpResponse:
    """What a radiologist may choose for this procedure."""
    procedure = get_object_or_404(Procedure, pk=procedure_id)
    bound = request.POST if request.method == "POST" else None
    form = ProtocolChoiceForm(bound, instance=ProtocolChoice(procedure=procedure))
    status = 200
    if bound is not None:
        if form.is_valid() and not _is_there(form, procedure):
            choice = form.save(commit=False)
            user = current_user(request)
            offer_protocol(procedure=procedure, choice=choice, by=user)
            messages.success(request, _("The protocol is offered from now on."))
            return redirect("catalogue:protocols", procedure.pk)
        status = 400
    context = {
        "form": form,
        "procedure": procedure,
        "choices": list(procedure.protocols.all()),
    }
    return render(request, "orders/catalogue/protocols.html", context, status=status)


def _is_there(form: ProtocolChoiceForm, procedure: Procedure) -> bool:
    wanted = {name: form.cleaned_data[name] for name in ("code", "system")}
    if not procedure.protocols.filter(**wanted).exists():
        return False
    form.add_error("code", _("This code is offered already."))
    return True


@requires(Capability.SCHEDULE)
@require_POST
def withdraw(request: HttpRequest, choice_id: int) -> HttpResponse:
    choice = get_object_or_404(ProtocolChoice, pk=choice_id)
    withdraw_protocol(choice=choice, by=current_user(request))
    messages.success(request, _("The protocol is not offered any more."))
    return redirect("catalogue:protocols", choice.procedure_id)
