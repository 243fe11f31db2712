"""Errors grouped by cause: how many, since when, and the one thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SHOWN = 8

_SQL = """
SELECT direction, code, location, type, peer_id, peer, application, facility,
       count(*), min(since), max(since), min(id)
FROM (
  SELECT 'in' AS direction, m.error_code AS code,
    regexp_replace(m.error_location, '^([A-Z0-9]{3})\\^[0-9]+(?:\\^([0-9]+))?.*$',
                   '\\1-\\2') AS location,
    m.message_type AS type, m.peer_id, p.name AS peer,
    CASE WHEN m.peer_id IS NULL THEN m.sending_application ELSE '' END AS application,
    CASE WHEN m.peer_id IS NULL THEN m.sending_facility ELSE '' END AS facility,
    coalesce(m.parked_at, m.received_at) AS since, m.id
  FROM messaging_inbound AS m LEFT JOIN messaging_peer AS p ON p.id = m.peer_id
  WHERE m.state = 'parked'
  UNION ALL
  SELECT 'out', m.error_code, '', m.message_type, m.peer_id, p.name, '', '',
    m.created_at, m.id
  FROM messaging_outbound AS m JOIN messaging_peer AS p ON p.id = m.peer_id
  WHERE m.state IN ('refused', 'dead')
) AS open
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
ORDER BY 9 DESC, 10 LIMIT %s
"""
_WORDS = {
    "UNKNOWN_ORDER": gettext_noop("No order has these numbers"),
    "PATIENT_MISMATCH": gettext_noop("Identity would change"),
    "EXAM_STARTED": gettext_noop("The exam has already started"),
    "DUPLICATE_ORDER": gettext_noop("The order is there already"),
    "ACCESSION_USED": gettext_noop("Accession already used"),
    "Z_QUARANTINED": gettext_noop("A Z contract wants a look"),
    "Z_REFUSED": gettext_noop("A Z contract refuses it"),
    "100": gettext_noop("A segment is missing"),
    "101": gettext_noop("A required field is missing"),
    "102": gettext_noop("A value cannot be read"),
    "103": gettext_noop("A code is not known"),
    "204": gettext_noop("It answers nothing of ours"),
    "207": gettext_noop("It could not be applied"),
}


def words_of(code: str) -> str:
    if code in _WORDS:
        return _(_WORDS[code])
    return (_("Error %(code)s") % {"code": code}).strip()


@dataclass(frozen=True)
class Cause:
    """`url` is where its one action leads; None: apply all of it again."""

    direction: str
    code: str
    location: str
    message_type: str
    peer_id: int | None
    peer: str
    count: int
    oldest: datetime
    newest: datetime
    sample: int
    application: str = ""
    facility: str = ""

    @property
    def words(self) -> str:
        if self.direction == "out":
            return _("%(peer)s refuses %(type)s") % {
                "peer": self.peer,
                "type": self.message_type,
            }
        if self.peer_id is None:
            return _("Unknown sender %(name)s") % {"name": self.application}
        return words_of(self.code)

    @property
    def action(self) -> str:
        if self.peer_id is None:
            return _("Add the peer")
        if self.code.startswith("Z_"):
            return _("Open contracts")
        return _("Look at them")

    @property
    def url(self) -> str:
        if self.peer_id is None:
            names = {
                "sending_application": self.application,
                "sending_facility": self.facility,
            }
            return f"{reverse('messaging:peer-add')}?{urlencode(names)}"
        if self.code.startswith("Z_"):
            return reverse("messaging:contracts")
        asked = {"peer": str(self.peer_id), "code": self.code}
        return f"{reverse('messaging:exceptions')}?{urlencode(asked)}"


def causes() -> list[Cause]:
    """The most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [SHOWN])
        return [
            Cause(
                direction=direction,
                code=code,
                location=location.rstrip("-"),
                message_type=kind,
                peer_id=peer_id,
                peer=peer or "",
                count=count,
                oldest=oldest,
                newest=newest,
                sample=sample,
                application=application,
                facility=facility,
            )
            for (
                direction,
                code,
                location,
                kind,
                peer_id,
                peer,
                application,
                facility,
                count,
                oldest,
                newest,
                sample,
            ) in cursor.fetchall()
        ]
