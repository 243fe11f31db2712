"""Who may do what: deny by default, one table from role to capabilities."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    TECHNOLOGIST = "technologist", _("Technologist")
    RADIOLOGIST = "radiologist", _("Radiologist")
    COORDINATOR = "coordinator", _("Coordinator")
    REFERRER = "referrer", _("Referring clinician")
    INTERFACE_ADMIN = "interface_admin", _("Interface admin")
    ADMINISTRATOR = "administrator", _("Administrator")


class Capability(TextChoices):
    """One right each; views, REST views and WebSocket topics name the one they need."""

    VIEW_ORDERS = "orders.view"
    SCHEDULE = "schedule.edit"
    OVERBOOK = "schedule.overbook"
    MANAGE_ROOMS = "rooms.manage"
    PERFORM_EXAM = "exam.perform"
    PROTOCOL_EXAM = "exam.protocol"
    OWN_PATIENTS = "patients.own"
    VIEW_REPORTS = "reports.view"
    WRITE_REPORT = "reports.write"
    SIGN_REPORT = "reports.sign"
    VIEW_CASES = "cases.view"
    ACKNOWLEDGE_CASE = "cases.acknowledge"
    VIEW_MESSAGES = "messages.view"
    MANAGE_INTERFACES = "messages.manage"
    ADMINISTER = "site.administer"


C = Capability
_CLINICAL = frozenset({C.VIEW_ORDERS, C.VIEW_REPORTS, C.VIEW_CASES})

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.TECHNOLOGIST: _CLINICAL | {C.PERFORM_EXAM},
    Role.RADIOLOGIST: _CLINICAL
    | {C.PROTOCOL_EXAM, C.WRITE_REPORT, C.SIGN_REPORT, C.ACKNOWLEDGE_CASE},
    Role.COORDINATOR: _CLINICAL | {C.SCHEDULE, C.OVERBOOK, C.MANAGE_ROOMS},
    Role.REFERRER: _CLINICAL | {C.OWN_PATIENTS, C.ACKNOWLEDGE_CASE},
    Role.INTERFACE_ADMIN: frozenset(
        {C.VIEW_ORDERS, C.VIEW_MESSAGES, C.MANAGE_INTERFACES}
    ),
    Role.ADMINISTRATOR: frozenset(Capability),
}

# Being administrator does not make one a physician.
CAPABILITIES[Role.ADMINISTRATOR] -= {
    C.WRITE_REPORT,
    C.SIGN_REPORT,
    C.PERFORM_EXAM,
    C.PROTOCOL_EXAM,
    C.OWN_PATIENTS,
}
