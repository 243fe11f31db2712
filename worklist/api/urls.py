from __future__ import annotations

from rest_framework.routers import SimpleRouter

from worklist.api.images import StudyViewSet
from worklist.api.sites import SiteViewSet

router = SimpleRouter()
router.register("sites", SiteViewSet, basename="site")
router.register("studies", StudyViewSet, basename="study")
urlpatterns = router.urls
