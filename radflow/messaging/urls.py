from __future__ import annotations

from django.urls import path

from radflow.messaging import views

app_name = "messaging"
urlpatterns = [
    path("", views.message_list, name="list"),
    path("in/<int:message_id>/", views.received, name="detail"),
    path("in/<int:message_id>/replay/", views.replay, name="replay"),
    path("out/<int:message_id>/", views.sent, name="sent"),
    path("out/<int:message_id>/resend/", views.resend, name="resend"),
    path("out/<int:message_id>/discard/", views.discard, name="discard"),
]
