from __future__ import annotations

from django.urls import path

from worklist.views import board, booking, exams, exchange, gate, station, unlinked

app_name = "worklist"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/counts/", board.counts, name="board-counts"),
    path("board/rows/", board.rows, name="board-rows"),
    path("board/<int:order_id>/schedule/", booking.schedule, name="schedule"),
    path("board/<int:order_id>/arrive/", booking.check_in, name="check-in"),
    path("board/<int:order_id>/unbook/", booking.give_back, name="unbook"),
    path("station/", station.station, name="station"),
    path("station/list/", station.live, name="station-live"),
    path("station/<int:order_id>/arrive/", exams.arrived, name="arrived"),
    path("station/<int:order_id>/end/", exams.end, name="end"),
    path("station/<int:order_id>/discontinue/", exams.discontinue, name="discontinue"),
    path("station/gate/<int:order_id>/", gate.gate, name="gate"),
    path("station/gate/<int:order_id>/begin/", gate.begin, name="begin"),
    path("unlinked/<int:performed_id>/", unlinked.link, name="unlinked"),
    path("exchanges/<int:exchange_id>/", exchange.detail, name="exchange"),
]
