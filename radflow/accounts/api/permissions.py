from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

from radflow.accounts.models import User

if TYPE_CHECKING:  # the framework loads this module while loading its views
    from rest_framework.request import Request
    from rest_framework.views import APIView


class HasCapability(BasePermission):
    """Allows what the view's `capability` names; a view without one is refused.

    `capability_to_change`, where there is one, is needed beside it for every method
    that changes something.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        capability = getattr(view, "capability", None)
        if capability is not None and request.method not in SAFE_METHODS:
            capability = getattr(view, "capability_to_change", capability)
        user = request.user
        return (
            capability is not None and isinstance(user, User) and user.may(capability)
        )
