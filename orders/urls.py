from __future__ import annotations

from django.urls import path

from orders.views import order

app_name = "orders"
urlpatterns = [
    path("<int:order_id>/", order.detail, name="detail"),
    path("<int:order_id>/timeline/", order.timeline, name="timeline"),
]
