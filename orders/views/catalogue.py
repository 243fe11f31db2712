"""The procedure catalogue on pages: kept by hand or by file; codes mapped."""

from __future__ import annotations

import base64

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from orders.catalogue.forms import MapForm, ProcedureForm, TableForm
from orders.catalogue.keeping import add_procedure, change_procedure, values_of
from orders.catalogue.mapping import NotMapped, Released, map_code, release_known
from orders.catalogue.table import TableRefused, exported, import_table, read_table
from orders.catalogue.waiting import Unknown, unknown_codes, waiting_code_count
from orders.exceptions import VersionConflict
from orders.models import Procedure
from orders.undoing import PROCEDURE
from radflow import unit
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.conflict import Conflict, lines_of, renew
from radflow.desk.undo import offer

MOST = 500
SAID = 10  # lines with faults that are named above the table


@requires(Capability.VIEW_ORDERS)
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """All procedures, filtered by modality and text; at most 500 at once."""
    modality = request.GET.get("modality", "")
    text = request.GET.get("q", "").strip().replace("\0", "")
    found = Procedure.objects.annotate(mapped=Count("aliases"))
    if modality:
        found = found.filter(modality=modality.replace("\0", ""))
    if text:
        found = found.filter(Q(code__icontains=text) | Q(text__icontains=text))
    kinds = Procedure.objects.order_by("modality").values_list("modality", flat=True)
    context = {
        "procedures": list(found.order_by("modality", "text")[:MOST]),
        "count": found.count(),
        "modalities": list(kinds.distinct()),
        "modality": modality,
        "text": text,
        "unknown": waiting_code_count(),
        "may_edit": current_user(request).may(Capability.SCHEDULE),
    }
    return render(request, "orders/catalogue/list.html", context)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, procedure_id: int | None = None) -> HttpResponse:
    """Add or change one; orders that waited for its code go on."""
    procedure = (
        get_object_or_404(Procedure, pk=procedure_id) if procedure_id else Procedure()
    )
    if request.method == "GET":
        return _edit_page(request, ProcedureForm(instance=procedure), status=200)
    form = ProcedureForm(request.POST, instance=procedure)
    if not form.is_valid():
        return _edit_page(request, form, status=400)
    if procedure_id is None:
        add_procedure(values=form.columns(), by=current_user(request))
        messages.success(request, gettext("Procedure saved."))
        return redirect("catalogue:list")
    try:
        _change(request, form, procedure_id)
    except VersionConflict:
        return _conflict_page(request, form)
    return redirect("catalogue:list")


def _change(request: HttpRequest, form: ProcedureForm, procedure_id: int) -> None:
    before = values_of(Procedure.objects.get(pk=procedure_id))
    saved = change_procedure(
        procedure_id=procedure_id,
        values=form.columns(),
        version=form.cleaned_data["version"] or 0,
        by=current_user(request),
    )
    offer(
        request,
        gettext("Procedure saved."),
        kind="procedure",
        about=PROCEDURE,
        subject=saved.pk,
        version=saved.version,
        before=before,
    )


def _conflict_page(request: HttpRequest, form: ProcedureForm) -> HttpResponse:
    now = Procedure.objects.select_related("changed_by").get(pk=form.instance.pk)
    renew(form, {"version": now.version})
    conflict = Conflict(
        now.changed_by.display_name if now.changed_by else "",
        now.changed_at,
        lines=lines_of(form, ProcedureForm(instance=now)),
        theirs=reverse("catalogue:edit", args=[now.pk]),
        form="edit-form",
    )
    return _edit_page(request, form, status=409, conflict=conflict)


def _edit_page(
    request: HttpRequest,
    form: ProcedureForm,
    *,
    status: int,
    conflict: Conflict | None = None,
) -> HttpResponse:
    context = {"form": form, "procedure": form.instance, "conflict": conflict}
    return render(request, "orders/catalogue/edit.html", context, status=status)


@requires(Capability.VIEW_ORDERS)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    name = f"catalogue-{timezone.localdate():%Y-%m-%d}.csv"
    # The mark makes spreadsheets read it as UTF-8.
    answer = HttpResponse("\ufeff" + exported(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def import_(request: HttpRequest) -> HttpResponse:
    """First what would change, line by line; then all of it or nothing."""
    if request.method == "GET":
        return _import_page(request, {"form": TableForm()}, status=200)
    if kept := request.POST.get("kept"):
        return _import(request, kept)
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, {"form": form}, status=400)
    raw: bytes = form.cleaned_data["file"]
    try:
        lines = read_table(raw)
    except TableRefused as error:
        form.add_error("file", error.text)
        return _import_page(request, {"form": form}, status=400)
    wrong = [line for line in lines if line.faults]
    context = {
        "form": form,
        "lines": [line for line in lines if line.faults or line.is_new or line.changes],
        "faults": len(wrong),
        "wrong": ", ".join(str(line.number) for line in wrong[:SAID]),
        "fresh": sum(line.is_new and not line.faults for line in lines),
        "changed": sum(
            bool(line.changes) and not (line.is_new or line.faults) for line in lines
        ),
        "same": sum(not (x.changes or x.is_new or x.faults) for x in lines),
        "kept": base64.b64encode(raw).decode(),
    }
    return _import_page(request, context, status=200)


def _import(request: HttpRequest, kept: str) -> HttpResponse:
    user = current_user(request)
    try:
        raw = base64.b64decode(kept, validate=True)
        with unit.work():
            import_table(raw=raw, by=user)
            release_known(by=user)
    except (ValueError, TableRefused) as error:
        again = gettext("Choose it again.")
        text = error.text if isinstance(error, TableRefused) else again
        said = gettext("Nothing was imported. %(why)s") % {"why": text}
        messages.error(request, said)
        return _import_page(request, {"form": TableForm()}, status=409)
    messages.success(request, gettext("Catalogue imported."))
    return redirect("catalogue:list")


def _import_page(
    request: HttpRequest, context: dict[str, object], *, status: int
) -> HttpResponse:
    return render(request, "orders/catalogue/import.html", context, status=status)


@requires(Capability.SCHEDULE)
@require_GET
def unmapped(request: HttpRequest) -> HttpResponse:
    """Codes that nobody here knows, those most wait for first."""
    context = {"unknown": unknown_codes()[:MOST]}
    name = "_unmapped.html" if request.headers.get("X-Fragment") else "unmapped.html"
    return render(request, f"orders/catalogue/{name}", context)


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def map_one(request: HttpRequest) -> HttpResponse:
    """`peer`, `code` and `system` say which; 404 once nothing waits for it."""
    entry = _entry(request)
    if request.method == "GET":
        return _map_page(request, entry, MapForm(), status=200)
    form = MapForm(request.POST)
    if not form.is_valid():
        return _map_page(request, entry, form, status=400)
    try:
        done = map_code(
            peer=None if form.cleaned_data["for_all"] else entry.peer,
            code=entry.asked.code,
            system=entry.asked.system,
            procedure=form.cleaned_data["procedure"],
            user=current_user(request),
        )
    except NotMapped as error:
        form.add_error(None, error.text)
        return _map_page(request, entry, form, status=409)
    messages.success(request, _released(done))
    return redirect("catalogue:unmapped")


def _released(done: Released) -> str:
    orders, replayed = done.orders, done.messages
    released = ngettext(
        "%(number)s order released", "%(number)s orders released", orders
    )
    again = ngettext(
        "%(number)s message replayed", "%(number)s messages replayed", replayed
    )
    said = gettext("Code mapped: %(released)s, %(scheduled)s scheduled, %(replayed)s.")
    return said % {
        "released": released % {"number": orders},
        "scheduled": done.scheduled,
        "replayed": again % {"number": replayed},
    }


def _entry(request: HttpRequest) -> Unknown:
    wanted = tuple(request.GET.get(name, "") for name in ("peer", "code", "system"))
    for one in unknown_codes():
        peer = str(one.peer.pk) if one.peer else ""
        if (peer, one.asked.code, one.asked.system) == wanted:
            return one
    raise Http404("Nothing waits for this code.")


def _map_page(
    request: HttpRequest, entry: Unknown, form: MapForm, *, status: int
) -> HttpResponse:
    context = {"entry": entry, "form": form}
    return render(request, "orders/catalogue/map.html", context, status=status)
