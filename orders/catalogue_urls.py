from __future__ import annotations

from django.urls import path

from orders.views import catalogue

app_name = "catalogue"
urlpatterns = [
    path("", catalogue.catalogue, name="list"),
    path("new/", catalogue.edit, name="new"),
    path("<int:procedure_id>/", catalogue.edit, name="edit"),
    path("export/", catalogue.export, name="export"),
    path("import/", catalogue.import_, name="import"),
    path("unmapped/", catalogue.unmapped, name="unmapped"),
    path("unmapped/map/", catalogue.map_one, name="map"),
]
