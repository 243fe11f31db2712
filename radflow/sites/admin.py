from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from radflow.sites.models import Site

if TYPE_CHECKING:
    SiteAdminBase = admin.ModelAdmin[Site]
else:
    SiteAdminBase = admin.ModelAdmin


@admin.register(Site)
class SiteAdmin(SiteAdminBase):
    list_display = ("code", "name", "time_zone", "position", "enabled")
    list_editable = ("position", "enabled")
