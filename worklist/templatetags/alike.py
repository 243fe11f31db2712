"""`{% similar_today patient mrn as alike %}`: for pages of any room."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from radflow.accounts.standing import site_of
from worklist.alike import Alike, alike_of
from worklist.selectors.alike import LookAlikes, look_alikes

register = template.Library()


@register.simple_tag(takes_context=True)
def similar_today(
    context: template.Context, patient: Any, mrn: str = ""
) -> Alike | None:
    """Against everybody of today at the site of the page; asked once a page."""
    request = context.get("request")
    known = getattr(patient, "patient_id", None) or getattr(patient, "pk", None)
    if request is None or not known:
        return None
    found: LookAlikes | None = getattr(request, "radflow_alike", None)
    if found is None:
        found = look_alikes(timezone.localdate(), site_of(request))
        request.radflow_alike = found
    return alike_of(patient, mrn or "", found)
