"""Archives and reading services: what they are told, and what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.exceptions import WorklistError
from worklist.models import DicomDelivery, DicomNode
from worklist.selectors.nodes import node_states, standing_deliveries
from worklist.services.nodes import FIELDS, keep_node
from worklist.services.relaying import give_up, send_again

if TYPE_CHECKING:
    NodeFormBase = forms.ModelForm[DicomNode]
else:
    NodeFormBase = forms.ModelForm

PAGE = 25


class Codes(forms.CharField):
    """Codes with commas or spaces between, as a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return list(dict.fromkeys(super().clean(value).replace(",", " ").split()))


class NodeForm(NodeFormBase):
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

    class Meta:
        model = DicomNode
        fields = [*FIELDS, "sites"]
        widgets = {"sites": forms.CheckboxSelectMultiple}
        labels = {"sites": gettext_lazy("Only of site")}


@requires(Capability.VIEW_MESSAGES)
@require_GET
def nodes(request: HttpRequest) -> HttpResponse:
    """The nodes with their state; then what waits for them or was refused."""
    page = Paginator(standing_deliveries(), PAGE).get_page(request.GET.get("page"))
    seen = [one.order_id for one in page.object_list if one.order_id]
    audit.record_view(request, "deliveries_listed", detail={"orders": seen})
    context = {
        "nodes": node_states(),
        "page": page,
        "may_change": current_user(request).may(Capability.MANAGE_INTERFACES),
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "worklist/_nodes.html" if is_fragment else "worklist/nodes.html"
    return render(request, name, context)


@requires(Capability.MANAGE_INTERFACES)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    return _answer(request, None)


@requires(Capability.MANAGE_INTERFACES)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, node_id: int) -> HttpResponse:
    return _answer(request, get_object_or_404(DicomNode, pk=node_id))


def _answer(request: HttpRequest, node: DicomNode | None) -> HttpResponse:
    revision = node.revision if node else 0
    form = NodeForm(request.POST or None, instance=node)
    if request.method == "POST" and form.is_valid():
        try:
            saved = keep_node(
                node_id=node.pk if node else None,
                values=form.cleaned_data,
                by=current_user(request),
                expected_revision=number_of(request.POST.get("revision")),
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("worklist:nodes")
    context = {"form": form, "node": node, "revision": revision}
    status = 400 if form.errors else 200
    return render(request, "worklist/node.html", context, status=status)


def number_of(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 10 else None


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def decide(request: HttpRequest, delivery_id: int, what: str) -> HttpResponse:
    delivery = get_object_or_404(DicomDelivery, pk=delivery_id)
    act, said = {
        "again": (send_again, _("Sent again: look whether it is taken.")),
        "drop": (give_up, _("Given up: it is kept, and not sent.")),
    }[what]
    try:
        act(delivery_id=delivery.pk, by=current_user(request))
    except WorklistError as error:
        messages.error(request, _(error.text))
    else:
        messages.success(request, said)
    return redirect("worklist:nodes")
