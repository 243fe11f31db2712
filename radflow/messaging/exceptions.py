from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Parked(Exception):
    """This message cannot be applied without a human; the text says what to do.

    Rolls the transaction back; the message goes to the exceptions queue. `code` is
    one of standards.md section 14 (`UNKNOWN_ORDER`, ...) or of table 0357. Texts
    hold no patient data. `is_final` is false where the sender is not told yet: a
    person here decides what becomes of it.

    What could not be read, or names somebody else, `holds` its order, else patient:
    later messages of it wait. A refusal by an order's state is an outcome, and holds
    nobody.
    """

    def __init__(
        self,
        code: str,
        text: str,
        location: str = "",
        *,
        is_final: bool = True,
        holds: bool | None = None,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.location = location
        self.is_final = is_final
        fault = code.isdigit() or code == "PATIENT_MISMATCH"
        self.holds = fault if holds is None else holds


# What a message is in the middle of a sentence.
_STATES = {
    "received": gettext_lazy("received"),
    "applied": gettext_lazy("applied"),
    "parked": gettext_lazy("parked"),
    "rejected": gettext_lazy("rejected"),
    "duplicate": gettext_lazy("duplicate"),
    "skipped": gettext_lazy("skipped"),
    "queued": gettext_lazy("queued"),
    "sent": gettext_lazy("sent"),
    "accepted": gettext_lazy("accepted"),
    "acknowledged": gettext_lazy("acknowledged"),
    "refused": gettext_lazy("refused"),
    "dead": gettext_lazy("dead"),
}


class WrongState(Exception):
    """What was asked does not fit what the message is by now; nothing was done."""

    code = "MESSAGE_STATE"

    def __init__(self, state: str, wanted: str) -> None:
        said = _("The message is %(state)s. %(wanted)s Nothing was done.")
        self.text = said % {"state": _STATES.get(state, state), "wanted": wanted}
        super().__init__(self.text)


class PeerChanged(Exception):
    """Somebody changed the peer since it was read; nothing was saved."""

    def __init__(self, revision: int, by: str, at: datetime | None) -> None:
        super().__init__(f"The peer is at revision {revision}.")
        self.revision = revision
        self.by = by
        self.at = at

    @property
    def text(self) -> str:
        return _(
            "%(who)s changed this peer meanwhile; it is at revision %(revision)s. "
            "Nothing was saved."
        ) % {"who": self.by, "revision": self.revision}
