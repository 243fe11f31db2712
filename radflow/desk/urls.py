from __future__ import annotations

from django.urls import path

from radflow.desk import views

app_name = "desk"
urlpatterns = [
    path("drafts/<slug:form>/<int:subject>/", views.draft, name="draft"),
    path("drafts/<slug:form>/<int:subject>/discard/", views.discard, name="discard"),
    path("undo/<int:step_id>/", views.undo, name="undo"),
]
