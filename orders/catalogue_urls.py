from __future__ import annotations

from django.urls import path

from orders.views import catalogue, questions, sequence

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
    path("safety/", questions.questions, name="questions"),
    path("safety/new/", questions.question, name="question-new"),
    path("safety/<int:question_id>/", questions.question, name="question"),
    path("<int:procedure_id>/protocols/", questions.protocols, name="protocols"),
    path(
        "protocols/<int:choice_id>/withdraw/",
        questions.withdraw,
        name="protocol-withdraw",
    ),
    path("unmapped/", catalogue.unmapped, name="unmapped"),
    path("unmapped/map/", catalogue.map_one, name="map"),
]
