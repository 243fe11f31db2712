from __future__ import annotations

from django.urls import path

from worklist.views import (
    board,
    booking,
    exams,
    exchange,
    gate,
    nodes,
    station,
    strange_study,
    unlinked,
)

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
    path("studies/<int:study_id>/", strange_study.strange_study, name="strange-study"),
    path("archives/", nodes.nodes, name="nodes"),
    path("archives/add/", nodes.add, name="node-add"),
    path("archives/<int:node_id>/", nodes.edit, name="node"),
    path(
        "archives/deliveries/<int:delivery_id>/again/",
        nodes.decide,
        {"what": "again"},
        name="delivery-again",
    ),
    path(
        "archives/deliveries/<int:delivery_id>/drop/",
        nodes.decide,
        {"what": "drop"},
        name="delivery-drop",
    ),
    path("exchanges/<int:exchange_id>/", exchange.detail, name="exchange"),
]
