from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from radflow.accounts.access import current_user, signed_in
from radflow.accounts.templatetags.display import day_and_clock
from radflow.desk import drafts
from radflow.desk.undo import NotUndone, take_back

_NOT_TYPED = ("csrfmiddlewaretoken", "draft", "password")


@signed_in
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, form: str, subject: int) -> HttpResponse:
    """Keep what was typed, or give it back: `{"fields", "said"}`, 204 for nothing."""
    user = current_user(request)
    if request.method == "GET":
        found = drafts.draft_of(user, form, subject)
        if found is None:
            return HttpResponse(status=204)
        time = day_and_clock(found.saved_at)
        said = _("Draft of %(time)s restored.") % {"time": time}
        return JsonResponse({"fields": found.fields, "said": said})
    typed = dict(request.POST.lists())
    fields = {name: typed[name] for name in typed if name not in _NOT_TYPED}
    try:
        drafts.keep(user=user, form=form, subject=subject, fields=fields)
    except drafts.TooLong:
        return HttpResponse(status=400)
    return HttpResponse(status=204)


@signed_in
@require_POST
def discard(request: HttpRequest, form: str, subject: int) -> HttpResponse:
    drafts.forget(user=current_user(request), form=form, subject=subject)
    return HttpResponse(status=204)


@signed_in
@require_POST
def undo(request: HttpRequest, step_id: int) -> HttpResponse:
    """Back to the page it was asked from, which says what came of it."""
    try:
        take_back(step_id=step_id, by=current_user(request))
    except NotUndone as error:
        said = _("Nothing was undone. %(why)s")
        messages.error(request, said % {"why": error.text})
    else:
        messages.success(request, _("Undone."))
    return redirect(_next(request))


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "home"
