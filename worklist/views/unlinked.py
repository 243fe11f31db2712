"""Images without order beside the orders they may belong to; a person links them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.models import Order
from orders.views.differences import value_in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.conflict import overtaken
from worklist.models import PerformedStep
from worklist.selectors.candidates import candidates_for, told_by
from worklist.services.attaching import attach_performed_step
from worklist.views.answers import REFUSALS, in_words


class LinkForm(forms.Form):
    accession = forms.CharField(
        label=gettext_lazy("Accession number"), max_length=16, strip=True
    )
    reason = forms.CharField(
        label=gettext_lazy("What shows that they belong together"),
        max_length=300,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @classmethod
    def asked(cls, request: HttpRequest) -> LinkForm:
        """Empty, or with the order that was chosen from the list on the page."""
        return cls(initial={"accession": request.GET.get("accession", "")})

    def clean_accession(self) -> Order:
        """One order; several procedures under one number are told apart elsewhere."""
        number = self.cleaned_data["accession"]
        found = list(Order.objects.filter(accession_number=number)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                _("No order has this accession number.")
                if not found
                else _("Several exams have this accession number. Link at the station.")
            )
        return found[0]


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, performed_id: int) -> HttpResponse:
    step = get_object_or_404(PerformedStep, pk=performed_id)
    if request.method == "GET":
        return _page(request, step, LinkForm.asked(request), status=200)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, step, form, status=400)
    order = form.cleaned_data["accession"]
    try:
        attach_performed_step(
            performed_id=step.pk,
            order_id=order.pk,
            reason=form.cleaned_data["reason"],
            cause=Cause(user=current_user(request)),
        )
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        step.refresh_from_db()
        return _page(request, step, form, status=409)
    messages.success(request, _("Images linked."))
    return redirect("orders:detail", order_id=order.pk)


def _page(
    request: HttpRequest, step: PerformedStep, form: LinkForm, *, status: int
) -> HttpResponse:
    candidates = candidates_for([step])[step.pk]
    audit.record_view(
        request,
        "unlinked_images_viewed",
        detail={"step": step.pk, "orders": [order.pk for order, reasons in candidates]},
    )
    is_open = step.order_id is None
    theirs = reverse("worklist:unlinked", args=[step.pk])
    told = told_by(step)
    context = {
        "step": step,
        "told": told,
        "told_born": value_in_words("birth_date_text", told.birth_date),
        "candidates": candidates,
        "form": form,
        "conflict": None if is_open else overtaken(form, "", None, theirs),
        "is_open": is_open,
    }
    return render(request, "worklist/unlinked.html", context, status=status)
