"""Every page and REST list that shows rows, for tests and for the bench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass(frozen=True)
class Known:
    """One exam of the data at hand, by which pages are asked."""

    order: int
    patient: int
    station: int
    room: int
    accession: str
    mrn: str
    placer: str
    family: str
    given: str
    birth_date: str


@dataclass(frozen=True)
class ListPage:
    """`path` and `form` may name fields of Known in braces; a form is posted.

    A search that finds one leads on to its page, which is no list: 302.
    """

    path: str
    role: str
    form: tuple[tuple[str, str], ...] = ()
    fragment: bool = False

    @property
    def name(self) -> str:
        said = " ".join(value for _, value in self.form)
        return f"{self.path} {said}".strip() + (" part" if self.fragment else "")

    def ask(self, client: Client, known: Known) -> HttpResponse:
        values = vars(known)
        path = self.path.format(**values)
        headers = {"X-Fragment": "1"} if self.fragment else {}
        options: dict[str, Any] = {"headers": headers}
        if not self.form:
            return client.get(path, **options)  # type: ignore[return-value]
        form = {name: text.format(**values) for name, text in self.form}
        return client.post(path, form, **options)  # type: ignore[return-value]


def _get(role: str, *paths: str) -> list[ListPage]:
    return [ListPage(path, role) for path in paths]


def _parts(role: str, *paths: str) -> list[ListPage]:
    return [ListPage(path, role, fragment=True) for path in paths]


def _search(path: str, part: bool, *texts: str) -> list[ListPage]:
    return [ListPage(path, "coordinator", (("q", text),), part) for text in texts]


_NUMBERS = ("{accession}", "{mrn}", "{placer}", "{accession:.5}", "{family}")
_BOARD = (
    "",
    "?day=tomorrow",
    "?day=any",
    "?modality=CT",
    "?q={family}",
    "?q={family}+{given}",
    "?q={accession}",
    "?q={mrn}",
    *(
        f"?state={state}"
        for state in (
            "ordered",
            "scheduled",
            "arrived&state=ready",
            "in_progress",
            "performed",
            "on_hold",
            "discontinued",
            "cancelled",
        )
    ),
    "?state=performed&day=any",
    "?state=performed&day=any&modality=CT",
    "?state=cancelled&day=any",
    "?state=performed&q={family}",
)
_ROOMS = (
    "",
    "?view=week",
    "?hours=all",
    "tray/",
    "tray/?modality=CT",
    "column/?of={room}&from=0&to=24",
    "grasps/",
)
_MESSAGES = (
    "",
    "?direction=in",
    "?direction=out",
    "?state=parked",
    "?state=applied",
    "?state=received",
    "?state=refused",
    "?state=applied&state=parked&hours=24",
    "?message_type=ORM%5EO01",
    "?message_type=none",
    "?control_id=none",
    "?accession={placer}",
    "?patient_id={mrn}",
    "?find={placer}",
    "?text=Okafor",
    "?text=nowhere",
    "?hours=1",
    "?hours=168",
    "?peer=1",
    "?peer=1&state=parked&message_type=ORM%5EO01",
)
_REST = (
    ("radiologist", "reports/"),
    ("radiologist", "reports/?status=final"),
    ("radiologist", "reports/?accession_number={accession}"),
    ("radiologist", "critical-cases/"),
    ("radiologist", "critical-cases/?state=delivered"),
    ("coordinator", "orders/"),
    ("coordinator", "orders/?page=2&page_size=20"),
    ("coordinator", "orders/?status=performed"),
    ("coordinator", "orders/?status=performed&modality=CT"),
    ("coordinator", "orders/?status=cancelled"),
    ("coordinator", "orders/?patient_id={mrn}"),
    ("coordinator", "orders/?accession_number={accession}"),
    ("coordinator", "orders/?placer_order_number={placer}"),
    ("coordinator", "patients/?identifier={mrn}"),
    ("coordinator", "merges/"),
    ("coordinator", "merges/?kind=merge&undone=false"),
    ("coordinator", "merges/?patient={patient}"),
    ("coordinator", "duplicates/"),
    ("coordinator", "duplicates/?state=open"),
    ("coordinator", "held-changes/"),
    ("coordinator", "held-changes/?state=open"),
    ("coordinator", "reconciliation/"),
    ("coordinator", "studies/"),
    ("technologist", "stations/{station}/worklist/"),
    ("technologist", "stations/{station}/queries/"),
    ("interface_admin", "stations/"),
    ("interface_admin", "refused-callers/"),
    ("interface_admin", "messages/"),
    ("interface_admin", "messages/?state=parked"),
    ("interface_admin", "messages/?message_type=ORM^O01"),
    ("interface_admin", "messages/?direction=in&state=applied"),
    ("interface_admin", "channels/"),
    ("interface_admin", "peers/"),
    ("interface_admin", "contracts/"),
    ("interface_admin", "unknown-segments/"),
)
_PERSON = (
    ("family_name", "{family}"),
    ("given_name", "{given:.1}"),
    ("birth_date", "{birth_date}"),
)

LIST_PAGES = [
    *_get("coordinator", *(f"/board/{query}" for query in _BOARD)),
    *_get("coordinator", "/board/rows/", "/board/counts/", "/board/{order}/schedule/"),
    *_get("coordinator", *(f"/schedule/{query}" for query in _ROOMS)),
    *_get("technologist", "/station/?station={station}"),
    *_get("technologist", "/station/?station={station}&day=tomorrow"),
    *_get("technologist", "/station/list/?station={station}"),
    *_get("technologist", "/stations/{station}/worklist/"),
    *_get("coordinator", "/board/{order}/worklists/"),
    *_get("interface_admin", "/messages/stations/", "/archives/"),
    *_get("interface_admin", "/archives/rules/"),
    *_get("radiologist", "/protocolling/", "/protocolling/?modality=CT&day=today"),
    *_parts("radiologist", "/protocolling/"),
    *_get("radiologist", "/reading/", "/reading/?view=mine"),
    *_get("radiologist", "/reading/?view=preliminary", "/reading/?view=signed"),
    *_parts("radiologist", "/reading/"),
    *_get("referrer", "/my-patients/", "/my-patients/?view=pending"),
    *_get("radiologist", "/critical/", "/critical/alerts/"),
    *_get("coordinator", "/patients/", "/patients/{patient}/"),
    ListPage("/patients/", "coordinator", (("identifier", "{mrn}"),)),
    ListPage("/patients/", "coordinator", _PERSON),
    *_get("coordinator", "/patients/duplicates/", "/patients/merges/"),
    *_get("coordinator", "/patients/merges/?page=last", "/orders/{order}/"),
    *_search("/search/", False, *_NUMBERS, "{family:.2}"),
    *_search("/search/", True, *_NUMBERS, "{family:.2}", "{given} {family}", "Zzyx"),
    *_search("/search/scan/", False, "{accession}", "{mrn}"),
    *_get("coordinator", "/reconciliation/", "/reconciliation/?kind=imageless"),
    *_get("coordinator", "/catalogue/", "/catalogue/unmapped/", "/orders/held/"),
    *_get("coordinator", "/catalogue/safety/"),
    *_get("interface_admin", *(f"/messages/{query}" for query in _MESSAGES)),
    *_parts("interface_admin", "/messages/"),
    *_get("interface_admin", "/messages/exceptions/", "/messages/exceptions/?code=204"),
    *_parts("interface_admin", "/messages/channels/"),
    *_get("interface_admin", "/messages/peers/"),
    *_get("interface_admin", "/messages/contracts/", "/messages/examples/"),
    *[ListPage(f"/api/v1/{path}", role) for role, path in _REST],
]
