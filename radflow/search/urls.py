from __future__ import annotations

from django.urls import path

from radflow.search import views

urlpatterns = [
    path("", views.search, name="search"),
    path("scan/", views.scan, name="scan"),
]
