from __future__ import annotations

from django.urls import path

from radflow.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.simulator, name="simulator"),
    path("do/", views.command, name="command"),
]
