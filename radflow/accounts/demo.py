"""The six people of the demo. Their password is public: demo mode only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from radflow.accounts.roles import Role

DEMO_PASSWORD = "radflow-demo"


@dataclass(frozen=True)
class DemoPerson:
    username: str
    title: str
    first_name: str
    last_name: str
    role: Role
    icon: str
    blurb: str
    staff_id: str

    @property
    def name(self) -> str:
        return f"{self.title} {self.first_name} {self.last_name}".strip()

    @property
    def role_label(self) -> str:
        return str(self.role.label)


PEOPLE = (
    DemoPerson(
        "tech",
        "",
        "Kim",
        "Ng",
        Role.TECHNOLOGIST,
        "scan-line",
        _("Verify with two scans, begin and end exams"),
        "6002",
    ),
    DemoPerson(
        "rad",
        "Dr",
        "Mei",
        "Lee",
        Role.RADIOLOGIST,
        "glasses",
        _("Read exams, sign, call a critical result"),
        "5001",
    ),
    DemoPerson(
        "coord",
        "",
        "Priya",
        "Raman",
        Role.COORDINATOR,
        "calendar-days",
        _("Place unscheduled orders, watch the whole board"),
        "4100",
    ),
    DemoPerson(
        "pacs",
        "",
        "Alex",
        "Petrov",
        Role.INTERFACE_ADMIN,
        "cable",
        _("See every message, find out why one was parked"),
        "4200",
    ),
    DemoPerson(
        "referrer",
        "Dr",
        "Sam",
        "Fox",
        Role.REFERRER,
        "tablet-smartphone",
        _("Read reports, acknowledge a critical result"),
        "3002",
    ),
    DemoPerson(
        "admin",
        "",
        "Jo",
        "Lindqvist",
        Role.ADMINISTRATOR,
        "settings",
        _("People, rooms, interfaces, audit"),
        "4300",
    ),
)


def role_cards() -> tuple[DemoPerson, ...]:
    return PEOPLE
