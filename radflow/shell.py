"""What every page's shell shows: navigation by role, counts, clock, live cursor."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_noop as _

from orders.catalogue.waiting import waiting_code_count
from radflow.accounts.demo import DEMO_PASSWORD
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.accounts.standing import site_of, sites_to_choose
from radflow.live.selectors import last_seq
from radflow.messaging.channels.alarms import open_problem_count
from radflow.sites.zones import zone_label, zone_labels
from reports.selectors import open_case_count, unread_count

C = Capability


@dataclass(frozen=True)
class NavItem:
    """A place in the rail; `g` then `key` goes there, `badge` counts what waits."""

    label: str
    key: str
    icon: str
    url: str
    active: bool
    badge: int = 0
    badge_critical: bool = False


@dataclass(frozen=True)
class SiteChoice:
    """A site of the menu; `zone_label` as its clock is called now."""

    code: str
    name: str
    zone_label: str


@dataclass(frozen=True)
class Place:
    """A page of the rail; its `key` is a letter that no other place has."""

    label: str | Promise
    key: str
    icon: str
    name: str
    need: Capability
    count: Callable[[], int] | None = None
    critical: bool = False


PLACES = (
    Place(_("Station"), "t", "scan-line", "worklist:station", C.PERFORM_EXAM),
    Place(
        _("Reading"),
        "r",
        "glasses",
        "reports:reading_list",
        C.WRITE_REPORT,
        unread_count,
    ),
    Place(
        _("Protocols"),
        "l",
        "clipboard-list",
        "worklist:protocolling",
        C.PROTOCOL_EXAM,
    ),
    Place(_("My patients"), "m", "user-check", "reports:mine", C.OWN_PATIENTS),
    Place(_("Board"), "b", "layout-list", "worklist:board", C.VIEW_ORDERS),
    Place(
        pgettext_lazy("page", "Schedule"),
        "s",
        "calendar-range",
        "worklist:planner",
        C.SCHEDULE,
    ),
    Place(_("Patients"), "p", "users", "patients:search", C.VIEW_ORDERS),
    Place(_("Reconcile"), "o", "git-compare", "reconciliation", C.SCHEDULE),
    Place(
        _("Catalogue"),
        "a",
        "book-open",
        "catalogue:list",
        C.SCHEDULE,
        waiting_code_count,
    ),
    Place(_("Rooms"), "d", "door-open", "worklist:rooms", C.SCHEDULE),
    Place(
        _("Critical"),
        "c",
        "siren",
        "reports:cases",
        C.VIEW_CASES,
        open_case_count,
        True,
    ),
    Place(
        _("Interfaces"),
        "i",
        "cable",
        "messaging:list",
        C.VIEW_MESSAGES,
        open_problem_count,
    ),
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every template; the person decides what of it is filled.

    What asks the database is asked when a template first names it: parts that come by
    themselves have no navigation.
    """
    now = timezone.localtime()
    zone, home = timezone.get_current_timezone(), timezone.get_default_timezone()
    context: dict[str, Any] = {
        "site_name": settings.SITE_NAME,
        "demo": settings.DEMO,
        "scan_prefix": settings.SCAN_PREFIX,
        "zone": str(zone),
        "zone_label": zone_label(now),
        "zone_labels": json.dumps(zone_labels(zone, now.year)),
        "server_now": now,
    }
    user = getattr(request, "user", None)
    if isinstance(user, User):
        context |= {
            "demo_password": DEMO_PASSWORD if settings.DEMO else "",
            "idle_minutes": settings.IDLE_MINUTES,
            "reading_idle_minutes": settings.READING_IDLE_MINUTES,
            "live_seq": cache(last_seq),
            "site": site_of(request),
            "sites": cache(partial(_site_choices, request)),
            "home_zone_label": zone_label(now.astimezone(home)),
            "nav": cache(partial(_items, user, request.path)),
            "perms_search": user.may(C.VIEW_ORDERS),
            "perms_messages": user.may(C.VIEW_MESSAGES),
            "perms_reports": user.may(C.VIEW_REPORTS),
            "perms_cases": user.may(C.VIEW_CASES),
        }
    return context


def _site_choices(request: HttpRequest) -> tuple[SiteChoice, ...]:
    return tuple(
        SiteChoice(site.code, site.name, site.zone_label)
        for site in sites_to_choose(request)
    )


def _items(user: User, path: str) -> tuple[NavItem, ...]:
    return tuple(_item(place, path) for place in PLACES if user.may(place.need))


def _item(place: Place, path: str) -> NavItem:
    url = reverse(place.name)
    count = place.count() if place.count else 0
    return NavItem(
        label=gettext(place.label)
        if isinstance(place.label, str)
        else str(place.label),
        key=place.key,
        icon=place.icon,
        url=url,
        active=path.startswith(url),
        badge=count,
        badge_critical=place.critical and count > 0,
    )
