from __future__ import annotations

from rest_framework.routers import SimpleRouter

from worklist.api.sites import SiteViewSet

router = SimpleRouter()
router.register("sites", SiteViewSet, basename="site")
urlpatterns = router.urls
