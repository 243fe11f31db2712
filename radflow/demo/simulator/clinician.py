"""The people: a coordinator who gives rooms, a radiologist who reads and signs."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any
from urllib.error import URLError

from django.utils import timezone

from radflow.demo.reporting import FINDING, sections_for
from radflow.demo.simulator.browser import Browser, Refused, hidden_values
from radflow.demo.site import ROOMS

logger = logging.getLogger(__name__)

CRITICAL_ONE_IN = 12
LEAVE_FOR_VISITOR = 4


class Clinician:
    """Each step does one thing of each kind, and leaves some work for the visitor."""

    def __init__(self) -> None:
        self._people: dict[str, Browser] = {}
        self._seen: set[int] = set()

    def step(self) -> None:
        try:
            self._schedule_one()
            self._report_one()
        except (Refused, URLError) as error:
            logger.warning("clinician: %s", error)
            self._people.clear()

    def _as(self, username: str) -> Browser:
        if username not in self._people:
            self._people[username] = Browser(username)
        return self._people[username]

    def _schedule_one(self) -> None:
        waiting = self._orders("coord", "ordered")
        fitting = [o for o in waiting if o["modality"] and o["id"] not in self._seen]
        if len(fitting) <= LEAVE_FOR_VISITOR:
            return
        order = random.choice(fitting)
        self._seen.add(order["id"])
        self._book(order)

    def _book(self, order: dict[str, Any]) -> None:
        """Offer a few slots; a room that is taken is refused and the next is tried."""
        browser = self._as("coord")
        path = f"/board/{order['id']}/schedule/"
        page = browser.get(path)
        rooms = [room[0] for room in ROOMS if room[4] == order["modality"]]
        values = hidden_values(page)
        for minutes in (3, 15, 35, 60, 90, 120):
            start = timezone.localtime() + timedelta(minutes=minutes)
            fields = {
                "room": _option(page, random.choice(rooms)),
                "date": f"{start:%Y-%m-%d}",
                "time": f"{start:%H:%M}",
                "duration": "15",
                "version": values.get("version", "1"),
            }
            try:
                browser.post(path, fields)
            except Refused as refused:
                if refused.status != 409:
                    raise
                continue
            return

    def _report_one(self) -> None:
        """Reads an exam that has waited a minute, mostly to the end."""
        unread = [
            order
            for order in self._orders("rad", "performed")
            if order["report_status"] in ("none", "preliminary")
        ]
        if len(unread) <= LEAVE_FOR_VISITOR:
            return
        order = unread[-1]
        critical = random.randrange(CRITICAL_ONE_IN) == 0
        browser = self._as("rad")
        path = f"/reading/{order['id']}/"
        page = browser.get(path)
        if critical:
            browser.post(f"{path}critical/", {"category": "1", "finding": FINDING})
            page = browser.get(path)
        sections = sections_for(order["modality"], critical=critical)
        fields = {f"section-{code}": text for code, text in sections.items()}
        fields["version"] = hidden_values(page).get("version", "1")
        fields["action"] = random.choice(("preliminary", "final", "final"))
        browser.post(path, fields)

    def _orders(self, username: str, status: str) -> list[dict[str, Any]]:
        path = f"/api/v1/orders/?status={status}&page_size=100"
        answer = self._as(username).json(path)
        orders: list[dict[str, Any]] = answer["results"]
        return orders


def _option(page: str, label: str) -> str:
    """The value of the option with this label in a page's select."""
    before, found, _ = page.partition(f">{label}")
    if not found:
        return ""
    return before.rpartition('value="')[2].partition('"')[0]
