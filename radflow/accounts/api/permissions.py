from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from radflow.accounts.models import User


class HasCapability(BasePermission):
    """Allows what the view's `capability` names; a view without one is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        capability = getattr(view, "capability", None)
        user = request.user
        return (
            capability is not None and isinstance(user, User) and user.may(capability)
        )
