from __future__ import annotations

from django.urls import path

from radflow.messaging.views import messages

app_name = "messaging"
urlpatterns = [
    path("", messages.message_list, name="list"),
    path("in/<int:message_id>/", messages.received, name="detail"),
    path("in/<int:message_id>/replay/", messages.replay, name="replay"),
    path("out/<int:message_id>/", messages.sent, name="sent"),
    path("out/<int:message_id>/resend/", messages.resend, name="resend"),
    path("out/<int:message_id>/discard/", messages.discard, name="discard"),
]
