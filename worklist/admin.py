from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from worklist.models import Resource, ResourceNeed, Room, Station

if TYPE_CHECKING:
    RoomAdminBase = admin.ModelAdmin[Room]
    StationAdminBase = admin.ModelAdmin[Station]
    StationInlineBase = admin.TabularInline[Station, Room]
    ResourceAdminBase = admin.ModelAdmin[Resource]
    NeedAdminBase = admin.ModelAdmin[ResourceNeed]
else:
    RoomAdminBase = StationAdminBase = admin.ModelAdmin
    ResourceAdminBase = NeedAdminBase = admin.ModelAdmin
    StationInlineBase = admin.TabularInline


class StationInline(StationInlineBase):
    model = Station
    extra = 0


@admin.register(Room)
class RoomAdmin(RoomAdminBase):
    list_display = ("name", "site", "location", "position", "enabled")
    list_filter = ("site",)
    list_editable = ("position", "enabled")
    inlines = (StationInline,)


@admin.register(Station)
class StationAdmin(StationAdminBase):
    list_display = ("ae_title", "name", "room", "modality", "charset", "enabled")
    list_filter = ("modality", "enabled")
    search_fields = ("ae_title", "name")


@admin.register(Resource)
class ResourceAdmin(ResourceAdminBase):
    list_display = ("name", "kind", "site", "enabled")
    list_filter = ("site", "kind", "enabled")


@admin.register(ResourceNeed)
class ResourceNeedAdmin(NeedAdminBase):
    list_display = ("procedure", "kind")
    list_filter = ("kind",)
