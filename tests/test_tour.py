"""No page is forgotten: each address is on the tour, or is known to be no page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.tour.stops import STOPS

# Parts of pages, answers to a press that lead back to a page, files, and probes.
NOT_PAGES = {
    "home",
    "livez",
    "readyz",
    "reconciliation-live",
    "scan",
    "accounts:demo",
    "accounts:lock",
    "accounts:logout",
    "accounts:preferences",
    "accounts:stay",
    "accounts:unlock",
    "catalogue:export",
    "catalogue:protocol-withdraw",
    "catalogue:sequence-remove",
    "demo:command",
    "desk:discard",
    "desk:draft",
    "desk:undo",
    "messaging:assign",
    "messaging:bulk-new",
    "messaging:bulk-start",
    "messaging:bulk-stop",
    "messaging:channels",
    "messaging:comment",
    "messaging:contract-approve",
    "messaging:contract-discard",
    "messaging:contract-new-version",
    "messaging:contract-retire",
    "messaging:discard",
    "messaging:example-send",
    "messaging:keep",
    "messaging:peer-redirect",
    "messaging:peer-roll-back",
    "messaging:peer-switch",
    "messaging:peer-try",
    "messaging:replay",
    "messaging:replay-confirm",
    "messaging:resend",
    "messaging:reveal",
    "messaging:skip",
    "messaging:unknown-draft",
    "orders:timeline",
    "patients:dismiss",
    "patients:live",
    "patients:merge",
    "reports:alerts",
    "reports:autosave",
    "reports:claim",
    "reports:close",
    "reports:critical",
    "worklist:appointment-set-aside",
    "worklist:arrived",
    "worklist:begin",
    "worklist:board-counts",
    "worklist:board-rows",
    "worklist:check-in",
    "worklist:delivery-again",
    "worklist:delivery-drop",
    "worklist:gate-safety",
    "worklist:refused-dismiss",
    "worklist:grasp",
    "worklist:grasps",
    "worklist:planner-column",
    "worklist:planner-tray",
    "worklist:override",
    "worklist:person",
    "worklist:release",
    "worklist:rule-drop",
    "worklist:rule-up",
    "worklist:release-answer",
    "worklist:opening-dismiss",
    "worklist:room-basics",
    "worklist:room-block",
    "worklist:room-calendar",
    "worklist:room-calendar-off",
    "worklist:room-feed",
    "worklist:room-hours",
    "worklist:room-scanners",
    "worklist:station-live",
    "worklist:unblock",
    "worklist:unbook",
    "worklist:wait-off",
}
# Made by others: the pages of the REST description and of Django's administration.
FOREIGN = ("api/", "admin/")
# Reached by a press from another stop.
BY_ACT = {"search", "reports:sign"}


def test_every_address_is_on_the_tour_or_no_page() -> None:
    shown = {_name(stop.path) for stop in STOPS} | BY_ACT
    assert set(_named()) - shown - NOT_PAGES == set()


def test_what_is_no_page_is_an_address_still() -> None:
    assert set(_named()) >= NOT_PAGES


def test_each_stop_has_a_name_of_its_own() -> None:
    names = [stop.name for stop in STOPS]
    assert len(names) == len(set(names))


def _name(path: str) -> str:
    return resolve(re.sub(r"\{\w+\}", "1", path.partition("?")[0])).view_name


def _named(
    patterns: list[URLPattern | URLResolver] | None = None, space: str = ""
) -> Iterator[str]:
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if str(one.pattern).startswith(FOREIGN):
            continue
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from _named(one.url_patterns, inner)
        elif one.name:
            yield f"{space}{one.name}"
