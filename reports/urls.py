from __future__ import annotations

from django.urls import path

from reports.views import cases, editor, mine, paper, reading, signing

app_name = "reports"
urlpatterns = [
    path("reading/", reading.reading, name="reading_list"),
    path("reading/<int:order_id>/", editor.editor, name="editor"),
    path("reading/<int:order_id>/autosave/", editor.autosave, name="autosave"),
    path("reading/<int:order_id>/claim/", editor.claim, name="claim"),
    path("reading/<int:order_id>/critical/", editor.flag_critical, name="critical"),
    path("reading/<int:order_id>/sign/", signing.sign, name="sign"),
    path("reading/<int:order_id>/paper/", paper.paper, name="paper"),
    path("my-patients/", mine.mine, name="mine"),
    path("critical/", cases.cases, name="cases"),
    path("critical/alerts/", cases.alerts, name="alerts"),
    path("critical/<int:case_id>/acknowledge/", cases.acknowledge, name="acknowledge"),
    path("critical/<int:case_id>/close/", cases.close, name="close"),
]
