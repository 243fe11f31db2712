from __future__ import annotations

from django.urls import path

from orders.views import acts, conflicts, held, new, order, paper

app_name = "orders"
urlpatterns = [
    path("<int:order_id>/", order.detail, name="detail"),
    path("conflicts/<int:message_id>/", conflicts.conflict, name="conflict"),
    path("held/", held.changes, name="held-changes"),
    path("held/<int:change_id>/", held.change, name="held"),
    path("new/<int:patient_id>/", new.new, name="new"),
    path("<int:order_id>/timeline/", order.timeline, name="timeline"),
    path("<int:order_id>/requisition/", paper.requisition, name="requisition"),
    path("<int:order_id>/act/<str:name>/", acts.act, name="act"),
]
