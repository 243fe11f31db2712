from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from radflow.accounts.access import current_user, requires
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.messaging.contracts import lifecycle, samples
from radflow.messaging.contracts.drafts import as_draft
from radflow.messaging.contracts.forms import (
    ADD,
    REMOVE,
    Editor,
    shown_of,
    with_rows_changed,
)
from radflow.messaging.contracts.lifecycle import Act, ContractError, may
from radflow.messaging.contracts.rules import rule_of
from radflow.messaging.contracts.selectors import (
    contract_lines,
    field_rows,
    serves,
    unknown_segments,
    versions_of,
)
from radflow.messaging.models import Peer, UnknownSegment, ZContract

PAGE = 25


@requires(Capability.VIEW_MESSAGES)
def contract_list(request: HttpRequest) -> HttpResponse:
    """Every contract, and the Z segments that came without one."""
    page = Paginator(unknown_segments(), PAGE).get_page(request.GET.get("page"))
    context = {
        "lines": contract_lines(),
        "page": page,
        "unknowns": _governed(page.object_list),
        "may_change": _may_change(request),
    }
    name = "_tables" if request.headers.get("X-Fragment") else "list"
    return render(request, f"messaging/contracts/{name}.html", context)


def _governed(found: Any) -> list[tuple[UnknownSegment, str]]:
    """Each with the contract that it says more than, if there is one."""
    now = timezone.now()
    return [(one, str(lifecycle.governing(one, now) or "")) for one in found]


def _may_change(request: HttpRequest) -> bool:
    return current_user(request).may(Capability.MANAGE_INTERFACES)


@requires(Capability.VIEW_MESSAGES)
def contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    """One contract: what it says, whether its samples prove it, its versions."""
    found = ZContract.objects.select_related("created_by", "approver", "retired_by")
    shown = get_object_or_404(found, pk=contract_id)
    draft = as_draft(shown)
    results = samples.run(rule_of(shown), draft.samples)
    context = {
        "contract": shown,
        "rows": field_rows(draft.fields),
        "results": results,
        "versions": versions_of(shown),
        "used_by": serves(shown, Peer.objects.filter(enabled=True)),
        "unknowns": shown.unknowns.order_by("-id")[:10],
        "missing": lifecycle.missing(shown),
        "acts": _acts(request, shown),
    }
    return render(request, "messaging/contracts/detail.html", context)


def _acts(request: HttpRequest, shown: ZContract) -> set[str]:
    """By name without blanks, for the template."""
    if not _may_change(request):
        return set()
    return {act.name for act in Act if may(shown, act)}


@requires(Capability.MANAGE_INTERFACES)
def add(request: HttpRequest) -> HttpResponse:
    by = current_user(request)
    return _edit(request, None, lambda draft: _created(draft, by))


def _created(draft: Any, by: User) -> ZContract:
    return lifecycle.create_draft(draft=draft, by=by)


@requires(Capability.MANAGE_INTERFACES)
def edit(request: HttpRequest, contract_id: int) -> HttpResponse:
    kept = get_object_or_404(ZContract, pk=contract_id)
    by = current_user(request)
    if not may(kept, Act.CHANGE):
        flash.error(request, _("Only a draft is changed. Make a new version of it."))
        return redirect("messaging:contract", contract_id)

    def save(draft: Any) -> ZContract:
        return lifecycle.change_draft(contract_id=contract_id, draft=draft, by=by)

    return _edit(request, kept, save)


def _edit(
    request: HttpRequest, kept: ZContract | None, save: Callable[[Any], ZContract]
) -> HttpResponse:
    if request.method != "POST":
        editor = Editor(shown=shown_of(as_draft(kept)) if kept else None)
        return _editor_page(request, editor, kept)
    if ADD in request.POST or REMOVE in request.POST:
        editor = Editor(shown=with_rows_changed(request.POST), is_unsaved=True)
        return _editor_page(request, editor, kept)
    editor = Editor(request.POST)
    if editor.is_valid():
        try:
            saved = save(editor.draft())
        except ContractError as error:
            editor.put(error.faults or {"": str(error)})
        else:
            flash.success(request, _("Saved as a draft. It acts once it is approved."))
            return redirect("messaging:contract", saved.pk)
    return _editor_page(request, editor, kept, status=400)


def _editor_page(
    request: HttpRequest,
    editor: Editor,
    kept: ZContract | None,
    status: int = 200,
) -> HttpResponse:
    context = {"editor": editor, "contract": kept}
    return render(request, "messaging/contracts/edit.html", context, status=status)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def approve(request: HttpRequest, contract_id: int) -> HttpResponse:
    def act() -> str:
        lifecycle.approve(contract_id=contract_id, by=current_user(request))
        return _("Approved. It governs every message received from now on.")

    return _acted(request, contract_id, act)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def retire(request: HttpRequest, contract_id: int) -> HttpResponse:
    def act() -> str:
        reason = request.POST.get("reason", "")
        by = current_user(request)
        lifecycle.retire(contract_id=contract_id, reason=reason, by=by)
        return _("Retired. Its segment is kept and flagged from now on, not applied.")

    return _acted(request, contract_id, act)


def _acted(
    request: HttpRequest, contract_id: int, act: Callable[[], str]
) -> HttpResponse:
    get_object_or_404(ZContract, pk=contract_id)
    try:
        flash.success(request, act())
    except ContractError as error:
        flash.error(request, str(error))
    return redirect("messaging:contract", contract_id)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def discard(request: HttpRequest, contract_id: int) -> HttpResponse:
    get_object_or_404(ZContract, pk=contract_id)
    try:
        lifecycle.discard_draft(contract_id=contract_id, by=current_user(request))
    except ContractError as error:
        flash.error(request, str(error))
        return redirect("messaging:contract", contract_id)
    flash.success(request, _("The draft is gone."))
    return redirect("messaging:contracts")


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def new_version(request: HttpRequest, contract_id: int) -> HttpResponse:
    get_object_or_404(ZContract, pk=contract_id)
    try:
        made = lifecycle.new_version(contract_id=contract_id, by=current_user(request))
    except ContractError as error:
        flash.error(request, str(error))
        return redirect("messaging:contract", contract_id)
    return redirect("messaging:contract-edit", made.pk)


@requires(Capability.MANAGE_INTERFACES)
@require_POST
def draft_unknown(request: HttpRequest, unknown_id: int) -> HttpResponse:
    """Begin a contract from what an unknown segment looked like."""
    get_object_or_404(UnknownSegment, pk=unknown_id)
    try:
        made = lifecycle.draft_from_sample(
            unknown_id=unknown_id, by=current_user(request)
        )
    except ContractError as error:
        flash.error(request, str(error))
        return redirect("messaging:contracts")
    return redirect("messaging:contract-edit", made.pk)
