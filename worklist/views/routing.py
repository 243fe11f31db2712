"""The rules by which news of performed exams goes: a list in order, and a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from worklist.models import RoutingRule
from worklist.selectors.routing import rules
from worklist.services.routing import FIELDS, keep_rule, move_up, remove_rule
from worklist.views.nodes import Codes, number_of

if TYPE_CHECKING:
    RuleFormBase = forms.ModelForm[RoutingRule]
else:
    RuleFormBase = forms.ModelForm

Kind = RoutingRule.Kind


class RuleForm(RuleFormBase):
    modalities = Codes(
        label=gettext_lazy("Only of modality"),
        required=False,
        help_text=gettext_lazy("Such as CT, MR; empty: every one."),
    )
    procedures = Codes(
        label=gettext_lazy("Only of procedure"),
        required=False,
        help_text=gettext_lazy("Codes of the catalogue; empty: every one."),
    )
    routes = Codes(
        label=gettext_lazy("Only of route"),
        required=False,
        help_text=gettext_lazy(
            "Codes that orders name in a Z segment whose contract gives them to the "
            "route after the exam, such as ZPH-2; empty: every one."
        ),
    )

    class Meta:
        model = RoutingRule
        fields = [*FIELDS, "sites", "nodes", "peers"]
        widgets = {
            "sites": forms.CheckboxSelectMultiple,
            "nodes": forms.CheckboxSelectMultiple,
            "peers": forms.CheckboxSelectMultiple,
        }
        labels = {
            "sites": gettext_lazy("Only of site"),
            "nodes": gettext_lazy("Archives and reading services by DICOM"),
            "peers": gettext_lazy("Reading services by HL7"),
        }

    def clean(self) -> dict[str, object] | None:
        cleaned = super().clean()
        wanted = "peers" if self.cleaned_data.get("kind") == Kind.READING else "nodes"
        if not self.cleaned_data.get(wanted):
            self.add_error(wanted, _("Choose whom the rule names."))
        other = "nodes" if wanted == "peers" else "peers"
        self.cleaned_data[other] = self.cleaned_data.get(other, [])[:0]
        return cleaned


@requires(Capability.VIEW_MESSAGES)
@require_GET
def routing(request: HttpRequest) -> HttpResponse:
    found = list(rules())
    context = {
        "kinds": [
            (kind.label, [rule for rule in found if rule.kind == kind]) for kind in Kind
        ],
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "worklist/_routing.html" if is_fragment else "worklist/routing.html"
    return render(request, name, context)


@requires(Capability.MANAGE_INTERFACES)
@require_http_methods(["GET", "POST"])
def add_rule(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


@requires(Capability.MANAGE_INTERFACES)
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    return _answer(request, get_object_or_404(RoutingRule, pk=rule_id))


def _answer(request: HttpRequest, rule: RoutingRule | None) -> HttpResponse:
    revision = rule.revision if rule else 0
    form = RuleForm(request.POST or None, instance=rule)
    if request.method == "POST" and form.is_valid():
        try:
            saved = keep_rule(
                rule_id=rule.pk if rule else None,
                values=form.cleaned_data,
                by=current_user(request),
                expected_revision=number_of(request.POST.get("revision")),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("worklist:routing")
    context = {"form": form, "rule": rule, "revision": revision}
    status = 400 if form.errors else 200
    return render(request, "worklist/rule.html", context, status=status)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def raise_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    get_object_or_404(RoutingRule, pk=rule_id)
    move_up(rule_id=rule_id, by=current_user(request))
    return redirect("worklist:routing")


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def drop_rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = get_object_or_404(RoutingRule, pk=rule_id)
    remove_rule(rule_id=rule.pk, by=current_user(request))
    messages.success(request, _("%(name)s is removed.") % {"name": rule.name})
    return redirect("worklist:routing")
