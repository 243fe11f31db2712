"""At which site a person stands: pages of rooms show its rooms, all pages its clock.

A page that is open stays with the site it was written for: what it fetches names that
site, also when another window has chosen anew.
"""

from __future__ import annotations

from django.http import HttpRequest

from radflow.accounts.models import User
from radflow.sites.models import Site

ALL_SITES = "all"
PAGE_SITE = "X-Site"


def sites_to_choose(request: HttpRequest) -> tuple[Site, ...]:
    """The enabled sites, read once per request; none where there is no choice."""
    known: tuple[Site, ...] | None = getattr(request, "radflow_sites", None)
    if known is None:
        found = tuple(Site.objects.filter(enabled=True))
        known = found if len(found) > 1 else ()
        request.radflow_sites = known  # type: ignore[attr-defined]
    return known


def site_of(request: HttpRequest) -> Site | None:
    """None: all sites. Asks the database nothing for who stands at all of them."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return None
    page = request.headers.get(PAGE_SITE, "")
    if page == ALL_SITES or (not page and user.site_id is None):
        return None
    for site in sites_to_choose(request):
        if site.code == page or (not page and site.pk == user.site_id):
            return site
    return None
