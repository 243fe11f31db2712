from __future__ import annotations

from django.urls import path

from orders.views import catalogue, sequence

app_name = "catalogue"
urlpatterns = [
    path("", catalogue.catalogue, name="list"),
    path("new/", catalogue.edit, name="new"),
    path("<int:procedure_id>/", catalogue.edit, name="edit"),
    path("export/", catalogue.export, name="export"),
    path("import/", catalogue.import_, name="import"),
    path("sequence/", sequence.sequence_rules, name="sequence"),
    path(
        "sequence/<int:rule_id>/remove/",
        sequence.remove_sequence_rule,
        name="sequence-remove",
    ),
    path("unmapped/", catalogue.unmapped, name="unmapped"),
    path("unmapped/map/", catalogue.map_one, name="map"),
]
