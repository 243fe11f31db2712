from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from worklist.api import planning, rooms, slots, stations, worklists
from worklist.api.images import StudyViewSet
from worklist.api.sites import SiteViewSet

router = SimpleRouter()
router.register("sites", SiteViewSet, basename="site")
router.register("studies", StudyViewSet, basename="study")
router.register("rooms", rooms.RoomViewSet, basename="room")
_EXAM = "orders/<int:order_id>"
urlpatterns = [
    *router.urls,
    path("rooms/<int:room_id>/hours/", rooms.RoomHoursView.as_view()),
    path("rooms/<int:room_id>/blocks/", rooms.RoomBlocksView.as_view()),
    path("blocks/<int:block_id>/", rooms.RoomBlockView.as_view()),
    path(f"{_EXAM}/free-times/", slots.FreeTimesView.as_view()),
    path(f"{_EXAM}/book/", slots.BookView.as_view()),
    path(f"{_EXAM}/unbook/", slots.GiveUpView.as_view()),
    path(f"{_EXAM}/cancel/", slots.CancelView.as_view()),
    path(f"{_EXAM}/no-show/", slots.NoShowView.as_view()),
    path(f"{_EXAM}/arrive/", slots.ArriveView.as_view()),
    path(f"{_EXAM}/insertion/", planning.InsertionView.as_view()),
    path("swaps/", slots.SwapView.as_view()),
    path("series/plan/", planning.SeriesPlanView.as_view()),
    path("series/", planning.SeriesView.as_view()),
    path("wait-list/", planning.WaitListView.as_view()),
    path("wait-list/<int:entry_id>/", planning.WaitListEntryView.as_view()),
    path("openings/", planning.OpeningsView.as_view()),
    path("stations/", stations.StationListView.as_view(), name="station-list"),
    path(
        "stations/<int:station_id>/",
        stations.StationDetailView.as_view(),
        name="station-detail",
    ),
    path(
        "stations/<int:station_id>/worklist/",
        worklists.PreviewView.as_view(),
        name="station-worklist",
    ),
    path(
        "stations/<int:station_id>/queries/",
        worklists.QueryListView.as_view(),
        name="station-queries",
    ),
    path(
        "refused-callers/",
        stations.RefusedCallerListView.as_view(),
        name="refused-caller-list",
    ),
    path("worklists/explain/", worklists.ExplainView.as_view(), name="explain"),
]
