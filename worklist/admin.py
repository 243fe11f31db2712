from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from worklist.models import Resource, ResourceNeed, Room

if TYPE_CHECKING:
    RoomAdminBase = admin.ModelAdmin[Room]
    ResourceAdminBase = admin.ModelAdmin[Resource]
    NeedAdminBase = admin.ModelAdmin[ResourceNeed]
else:
    RoomAdminBase = ResourceAdminBase = NeedAdminBase = admin.ModelAdmin


@admin.register(Room)
class RoomAdmin(RoomAdminBase):
    """Their scanners are kept under Interfaces, where each change is audited."""

    list_display = ("name", "site", "location", "position", "enabled")
    list_filter = ("site",)
    list_editable = ("position", "enabled")


@admin.register(Resource)
class ResourceAdmin(ResourceAdminBase):
    list_display = ("name", "kind", "site", "enabled")
    list_filter = ("site", "kind", "enabled")


@admin.register(ResourceNeed)
class ResourceNeedAdmin(NeedAdminBase):
    list_display = ("procedure", "kind")
    list_filter = ("kind",)
