from __future__ import annotations

from rest_framework.routers import SimpleRouter

from reports.api.views import CaseViewSet, ReportViewSet

router = SimpleRouter()
router.register("reports", ReportViewSet, basename="report")
router.register("critical-cases", CaseViewSet, basename="case")
urlpatterns = router.urls
