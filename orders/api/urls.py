from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from orders.api.held import HeldChangeViewSet
from orders.api.merges import DuplicateViewSet, MergeViewSet
from orders.api.patients import PatientViewSet
from orders.api.reconciliation import ReconciliationView
from orders.api.views import OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("patients", PatientViewSet, basename="patient")
router.register("merges", MergeViewSet, basename="merge")
router.register("duplicates", DuplicateViewSet, basename="duplicate")
router.register("held-changes", HeldChangeViewSet, basename="held-change")
urlpatterns = [
    *router.urls,
    path("reconciliation/", ReconciliationView.as_view(), name="reconciliation-list"),
]
