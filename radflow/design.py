"""`/design/`: every part of the pages in use, in each state, for who builds them."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from radflow.accounts.access import requires
from radflow.accounts.roles import Capability

PARTS = (
    "parts",
    "board",
    "order",
    "station",
    "gate",
    "reading",
    "report",
    "critical",
    "messages",
)


class SampleForm(forms.Form):
    spoken_to = forms.CharField(help_text="The person who can act, not a relay")
    birth_date = forms.DateField()


@requires(Capability.ADMINISTER)
def design(request: HttpRequest) -> HttpResponse:
    part = request.GET.get("part", PARTS[0])
    if part not in PARTS:
        raise Http404("There is no such part.")
    context = {"part": part, "parts": PARTS, "sample": sample()}
    return render(request, "design.html", context)


def sample() -> dict[str, Any]:
    """What the samples show: nobody real, times around now."""
    now = timezone.now()
    patient = SimpleNamespace(
        family_name="HALVORSEN",
        given_name="Jane Anne",
        birth_date=date(1945, 7, 14),
        get_sex_display="Female",
        allergies=["Penicillin allergy"],
    )
    return {
        "patient": patient,
        "alerts": ["eGFR 28"],
        "since": now - timedelta(minutes=12),
        "long_since": now - timedelta(minutes=130),
        "due": now + timedelta(minutes=22),
        "form": SampleForm({"spoken_to": "Dr Fox", "birth_date": "?"}),
    }
