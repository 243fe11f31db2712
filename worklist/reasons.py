"""Why an exam was stopped: DICOM CID 9300, the codes that MPPS and HL7 carry."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_noop

DISCONTINUATION_REASONS: Final[dict[str, str]] = {
    "110500": gettext_noop("Doctor cancelled procedure"),
    "110501": gettext_noop("Equipment failure"),
    "110502": gettext_noop("Incorrect procedure ordered"),
    "110503": gettext_noop("Patient allergic to media or contrast"),
    "110504": gettext_noop("Patient died"),
    "110505": gettext_noop("Patient refused to continue procedure"),
    "110506": gettext_noop("Patient taken for treatment or surgery"),
    "110507": gettext_noop("Patient did not arrive"),
    "110508": gettext_noop("Patient pregnant"),
    "110509": gettext_noop("Change of procedure for correct charging"),
    "110510": gettext_noop("Duplicate order"),
    "110511": gettext_noop("Nursing unit cancel"),
    "110512": gettext_noop("Incorrect side ordered"),
    "110513": gettext_noop("Discontinued for unspecified reason"),
    "110514": gettext_noop("Incorrect worklist entry selected"),
    "110515": gettext_noop("Patient condition prevented continuing"),
    "110516": gettext_noop("Equipment change"),
    "110526": gettext_noop("Resource pre-empted"),
    "110527": gettext_noop("Resource inadequate"),
    "110528": gettext_noop("Discontinued procedure step rescheduled"),
    "110529": gettext_noop("Discontinued procedure step rescheduling recommended"),
}
# Those that can be why an exam is not begun.
CANCELLATION_REASONS: Final = {
    code: DISCONTINUATION_REASONS[code]
    for code in (
        "110500",
        "110501",
        "110502",
        "110503",
        "110504",
        "110506",
        "110508",
        "110510",
        "110511",
        "110512",
        "110513",
        "110515",
        "110516",
        "110526",
        "110527",
        "110528",
    )
}
NOT_ARRIVED: Final = "110507"
WRONG_ENTRY: Final = "110514"
RESCHEDULED: Final = frozenset({"110528", "110529"})
