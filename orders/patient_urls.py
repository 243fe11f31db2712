from __future__ import annotations

from django.urls import path

from orders.views import duplicates, merges, paper, patients

app_name = "patients"
urlpatterns = [
    path("", patients.search, name="search"),
    path("<int:patient_id>/", patients.detail, name="detail"),
    path("<int:patient_id>/live/", patients.live, name="live"),
    path("<int:patient_id>/wristband/", paper.wristband, name="wristband"),
    path("duplicates/", duplicates.pairs, name="duplicates"),
    path("duplicates/<int:candidate_id>/", duplicates.pair, name="duplicate"),
    path("duplicates/<int:candidate_id>/merge/", duplicates.merge, name="merge"),
    path("duplicates/<int:candidate_id>/dismiss/", duplicates.dismiss, name="dismiss"),
    path("merges/", merges.journal, name="merges"),
    path("merges/<int:journal_id>/undo/", merges.undo, name="unmerge"),
]
