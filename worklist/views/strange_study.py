"""Images of an archive that fit no exam, beside those that may be meant."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from orders.cause import Cause
from orders.views.differences import value_in_words
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.models import Study
from worklist.selectors.candidates import exams_like
from worklist.services.images import link_study
from worklist.views.answers import REFUSALS, in_words
from worklist.views.unlinked import LinkForm


@requires(Capability.SCHEDULE)
@require_http_methods(["GET", "POST"])
def strange_study(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.select_related("archive"), pk=study_id)
    if request.method == "GET":
        return _page(request, study, LinkForm.asked(request), status=200)
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _page(request, study, form, status=400)
    order = form.cleaned_data["accession"]
    try:
        link_study(
            study_id=study.pk,
            order_id=order.pk,
            reason=form.cleaned_data["reason"],
            cause=Cause(user=current_user(request)),
        )
    except REFUSALS as error:
        form.add_error(None, in_words(error))
        study.refresh_from_db()
        return _page(request, study, form, status=409)
    messages.success(request, _("Images linked."))
    return redirect("orders:detail", order_id=order.pk)


def _page(
    request: HttpRequest, study: Study, form: LinkForm, *, status: int
) -> HttpResponse:
    told = study.told
    candidates = exams_like(
        uid=study.study_instance_uid,
        accession=told.get("accession", ""),
        patient_id=told.get("patient_id", ""),
    )
    audit.record_view(
        request,
        "strange_study_viewed",
        detail={"study": study.pk, "orders": [order.pk for order, _why in candidates]},
    )
    context = {
        "study": study,
        "told": told,
        "told_born": value_in_words("birth_date_text", told.get("birth_date", "")),
        "told_day": value_in_words("birth_date_text", told.get("date", "")),
        "candidates": candidates,
        "form": form,
        "viewer": study.viewer,
        "is_open": study.order_id is None,
    }
    return render(request, "worklist/strange_study.html", context, status=status)
