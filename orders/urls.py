from __future__ import annotations

from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("<int:order_id>/", views.detail, name="detail"),
    path("<int:order_id>/timeline/", views.timeline, name="timeline"),
]
