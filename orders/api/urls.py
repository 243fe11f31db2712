from __future__ import annotations

from rest_framework.routers import SimpleRouter

from orders.api.patients import PatientViewSet
from orders.api.views import OrderViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("patients", PatientViewSet, basename="patient")
urlpatterns = router.urls
