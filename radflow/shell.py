"""What every page's shell shows: navigation by role, clock, live cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.live.selectors import last_seq


@dataclass(frozen=True)
class NavItem:
    label: str
    icon: str
    url: str
    active: bool
    live: str = ""


_NAV: tuple[tuple[str, str, str, Capability], ...] = (
    ("Station", "scan-line", "worklist:station", Capability.PERFORM_EXAM),
    ("Reading", "glasses", "reports:reading_list", Capability.WRITE_REPORT),
    ("Board", "layout-list", "worklist:board", Capability.VIEW_ORDERS),
    ("Critical", "siren", "reports:cases", Capability.VIEW_CASES),
    ("Messages", "cable", "messaging:list", Capability.VIEW_MESSAGES),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    now = timezone.localtime()
    return {
        "site_name": settings.SITE_NAME,
        "demo": settings.DEMO,
        "zone_label": now.tzname(),
        "server_now": now,
        "live_seq": last_seq() if isinstance(user, User) else 0,
        "nav": list(_items(user, request.path)) if isinstance(user, User) else [],
        "perms_messages": _may(user, Capability.VIEW_MESSAGES),
        "perms_reports": _may(user, Capability.VIEW_REPORTS),
        "perms_cases": _may(user, Capability.VIEW_CASES),
    }


def _may(user: object, need: Capability) -> bool:
    return isinstance(user, User) and user.may(need)


def _items(user: User, path: str) -> list[NavItem]:
    return [
        NavItem(label, icon, reverse(name), path.startswith(reverse(name)))
        for label, icon, name, need in _NAV
        if user.may(need)
    ]
