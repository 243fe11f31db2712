"""Addresses in a running demo: which order is arrived, which message parked."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from tests.e2e.clients import Rest

# The page whose first link of this form names the thing; an administrator reads it.
LINKS = {
    "archive": ("/archives/", r"/archives/(\d+)/\""),
    "appointment": ("/reconciliation/", r"/appointments/(\d+)/"),
    "case": ("/critical/", r"/critical/(\d+)/acknowledge/"),
    "conflict": ("/reconciliation/", r"/orders/conflicts/(\d+)/"),
    "contract": ("/messages/contracts/", r"/messages/contracts/(\d+)/\""),
    "dose": ("/reconciliation/?kind=strange-doses", r"/doses/(\d+)/"),
    "draft": ("/messages/contracts/", r"/messages/contracts/(\d+)/\">Draft"),
    "duplicate": ("/patients/duplicates/", r"/patients/duplicates/(\d+)/"),
    "held": ("/orders/held/", r"/orders/held/(\d+)/"),
    "listener": ("/messages/peers/", r"/messages/listeners/(\d+)/"),
    "merge": ("/patients/merges/", r"/patients/merges/(\d+)/undo/"),
    "outbound": ("/messages/?direction=out", r"/messages/out/(\d+)/"),
    "parked": ("/messages/exceptions/", r"/messages/in/(\d+)/dry-run/"),
    "peer": ("/messages/peers/", r"/messages/peers/(\d+)/\""),
    "question": ("/catalogue/safety/", r"/catalogue/safety/(\d+)/"),
    "procedure": ("/catalogue/", r"/catalogue/(\d+)/"),
    "rule": ("/archives/rules/", r"/archives/rules/(\d+)/\""),
    "station": ("/messages/stations/", r"/messages/stations/(\d+)/\""),
    "room": ("/rooms/", r"/rooms/(\d+)/"),
    "strange": ("/reconciliation/?kind=strange-studies", r"/studies/(\d+)/"),
    "unmapped": ("/catalogue/unmapped/", r"/catalogue/unmapped/map/\?([^\"]+)"),
    "unlinked": ("/reconciliation/", r"/unlinked/(\d+)/"),
}
# By exam state and report state, as the REST interface counts them.
ORDERS = {
    "arrived": ("arrived", ""),
    "cancelled": ("cancelled", ""),
    "ordered": ("ordered", ""),
    "running": ("in_progress", ""),
    "scheduled": ("scheduled", ""),
    "unread": ("performed", "none"),
    "preliminary": ("performed", "preliminary"),
    "final": ("performed", "final"),
}
KINDS = {"mr": ("scheduled", "MR")}


class Finder(dict[str, str]):
    """`"/orders/{arrived}/".format_map(finder)`; each is looked up once."""

    def __init__(self, rest: Rest, read: Callable[[str], str]) -> None:
        super().__init__()
        self._rest = rest
        self._read = read

    def __missing__(self, key: str) -> str:
        found = self._order(*ORDERS[key]) if key in ORDERS else self._other(key)
        self[key] = found
        return found

    def order(self, key: str) -> dict[str, str]:
        """As the REST interface tells it; `mrn` and `accession` beside."""
        told = self._rest.get(f"orders/{self[key]}/")
        mrn = told["patient"]["identifiers"][0]["value"]
        return {"accession": told["accession_number"], "mrn": mrn}

    def _order(self, status: str, report: str) -> str:
        page = self._rest.get("orders/", status=status, page_size=100)["results"]
        fitting = [o for o in page if not report or o["report_status"] == report]
        # The newest is on the day's pages, but the newest final one is the flagged.
        return str(fitting[1 if report == "final" else 0]["id"])

    def _other(self, key: str) -> str:
        if key == "flagged":
            return str(self._rest.get("critical-cases/")["results"][0]["order_id"])
        if key in KINDS:
            status, modality = KINDS[key]
            page = self._rest.get("orders/", status=status, modality=modality)
            return str(page["results"][0]["id"])
        if key == "patient":
            return str(self._rest.get(f"orders/{self['flagged']}/")["patient"]["id"])
        if key == "study":
            found = self._rest.get("studies/", accession_number="TRUN")["results"]
            return str(found[0]["id"])
        address, pattern = LINKS[key]
        match = re.search(pattern, self._read(address))
        if match is None:
            raise LookupError(f"{address} links to no {key}.")
        return html.unescape(match[1])
