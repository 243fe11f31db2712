from __future__ import annotations

from django.contrib import admin

from radflow.messaging.models import Peer


@admin.register(Peer)
class PeerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "enabled",
        "sending_application",
        "sending_facility",
        "profile",
        "host",
        "port",
    )
