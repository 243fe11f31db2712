"""Every address of the web process, joined from the apps."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from orders.views import reconciliation
from radflow.accounts.access import current_user, signed_in
from radflow.accounts.roles import Role
from radflow.design import design
from radflow.health import livez, readyz

_HOMES = {
    Role.TECHNOLOGIST: "worklist:station",
    Role.RADIOLOGIST: "reports:reading_list",
    Role.REFERRER: "reports:mine",
    Role.INTERFACE_ADMIN: "messaging:list",
}


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Each role begins where its work is."""
    role = Role(current_user(request).role)
    return redirect(_HOMES.get(role, "worklist:board"))


api = [
    path("", include("radflow.accounts.api.urls")),
    path("", include("orders.api.urls")),
    path("", include("worklist.api.urls")),
    path("", include("reports.api.urls")),
    path("", include("radflow.messaging.api.urls")),
]

handler500 = "radflow.errors.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("radflow.accounts.urls")),
    path("desk/", include("radflow.desk.urls")),
    path("orders/", include("orders.urls")),
    path("patients/", include("orders.patient_urls")),
    path("search/", include("radflow.search.urls")),
    path("catalogue/", include("orders.catalogue_urls")),
    path("reconciliation/", reconciliation.page, name="reconciliation"),
    path("reconciliation/live/", reconciliation.live, name="reconciliation-live"),
    path("", include("worklist.urls")),
    path("", include("reports.urls")),
    path("messages/", include("radflow.messaging.urls")),
    path("api/v1/", include(api)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"
    ),
    path("design/", design, name="design"),
    path("demo/", include("radflow.demo.urls")),
    path("admin/", admin.site.urls),
]
