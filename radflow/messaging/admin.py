from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging.models import Peer

if TYPE_CHECKING:
    PeerAdminBase = admin.ModelAdmin[Peer]
else:
    PeerAdminBase = admin.ModelAdmin


def _manages(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.may(Capability.MANAGE_INTERFACES)


@admin.register(Peer)
class PeerAdmin(PeerAdminBase):
    """By role, not by Django's own permissions; a peer is disabled, never deleted."""

    list_display = (
        "name",
        "enabled",
        "sending_application",
        "sending_facility",
        "profile",
        "host",
        "port",
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _manages(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _manages(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _manages(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _manages(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Peer, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        audit.record_view(
            request,
            "peer_changed" if change else "peer_added",
            detail={"peer": obj.pk, "fields": form.changed_data},
        )
