"""The addresses the shell links to, without the pages behind most of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def _no_alerts(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


alerts = [path("critical/alerts/", _no_alerts, name="alerts")]
urlpatterns = [
    path("accounts/", include("radflow.accounts.urls")),
    path("", include((alerts, "reports"))),
    path("search/", include("radflow.search.urls")),
]
