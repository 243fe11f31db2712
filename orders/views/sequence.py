"""Which exams of one patient must wait for each other: the rules, kept on a page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders.catalogue.forms import SequenceForm
from orders.catalogue.sequence import add_rule, remove_rule
from orders.models import SequenceRule
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability


@requires(Capability.SCHEDULE)
def sequence_rules(request: HttpRequest) -> HttpResponse:
    form = SequenceForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            add_rule(rule=form.save(commit=False), by=current_user(request))
            messages.success(request, _("The rule holds from now on."))
            return redirect("catalogue:sequence")
        status = 400
    context = {"form": form, "rules": SequenceRule.objects.all()}
    return render(request, "orders/catalogue/sequence.html", context, status=status)


@requires(Capability.SCHEDULE)
@require_POST
def remove_sequence_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = get_object_or_404(SequenceRule, pk=rule_id)
    remove_rule(rule=rule, by=current_user(request))
    messages.success(request, _("The rule is gone."))
    return redirect("catalogue:sequence")
