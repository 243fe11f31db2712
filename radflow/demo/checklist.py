"""The demo's safety checklist, and the protocols that its radiologists choose from."""

from __future__ import annotations

from typing import Any

from orders.models import Procedure, ProtocolChoice, SafetyQuestion

CONTRAST = ("CTPA", "CTABD", "MRBRAIN")
NEEDS_PROTOCOL = ("CTABD", "MRBRAIN", "MRLSPINE")
_IONISING = "CT, CR, DX, MG, RF, XA, NM, PT"

# Code, question, and what differs from a yes or no that must be answered.
QUESTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "PREGNANCY",
        "Is the patient pregnant, or may she be?",
        {
            "kind": "yes_no_unknown",
            "known": "pregnancy",
            "modalities": _IONISING,
            "sex": "F",
            "age_from": 12,
            "age_to": 55,
            "stops_on": "yes,unknown",
        },
    ),
    (
        "PACEMAKER",
        "Does the patient have a pacemaker or another active device?",
        {"kind": "yes_no_unknown", "modalities": "MR", "stops_on": "yes,unknown"},
    ),
    (
        "IMPLANTS",
        "Are there implants, clips or stents?",
        {"kind": "yes_no_unknown", "modalities": "MR", "stops_on": "yes,unknown"},
    ),
    (
        "METAL",
        "Was the patient ever hurt by metal, in the eyes too?",
        {"kind": "yes_no_unknown", "modalities": "MR", "stops_on": "yes,unknown"},
    ),
    (
        "CONTRAST-ALLERGY",
        "Has the patient ever reacted to contrast?",
        {
            "kind": "yes_no_unknown",
            "known": "allergies",
            "modalities": "CT, MR",
            "with_contrast": True,
            "stops_on": "yes",
        },
    ),
    (
        "EGFR",
        "Renal function (eGFR)",
        {
            "kind": "number",
            "unit": "mL/min/1.73 m²",
            "modalities": "CT, MR",
            "with_contrast": True,
            "stops_below": 30,
        },
    ),
    (
        "METFORMIN",
        "Does the patient take metformin?",
        {
            "modalities": "CT",
            "with_contrast": True,
            "required": False,
        },
    ),
)

# procedure, code, text, whether contrast is given
PROTOCOLS = (
    ("CTABD", "CTABD-PV", "Portal venous phase", True),
    ("CTABD", "CTABD-3P", "Three phases, liver", True),
    ("CTABD", "CTABD-NAT", "Stones, without contrast", False),
    ("MRBRAIN", "MRBR-TU", "Tumour", True),
    ("MRBRAIN", "MRBR-MS", "Multiple sclerosis follow-up", True),
    ("MRBRAIN", "MRBR-ST", "Stroke, without contrast", False),
    ("MRLSPINE", "MRLS-STD", "Standard, sagittal and axial", False),
    ("MRLSPINE", "MRLS-INF", "Infection", True),
)


def make_checklist() -> None:
    """Repeated runs change nothing that a person has kept since."""
    for position, (code, text, values) in enumerate(QUESTIONS):
        SafetyQuestion.objects.get_or_create(
            site=None,
            code=code,
            defaults={"text": text, "kind": "yes_no", "position": position, **values},
        )


def make_protocols() -> None:
    procedures = {one.code: one for one in Procedure.objects.filter(system="99RADFLOW")}
    for position, (procedure, code, text, contrast) in enumerate(PROTOCOLS):
        ProtocolChoice.objects.get_or_create(
            procedure=procedures[procedure],
            code=code,
            defaults={"text": text, "contrast": contrast, "position": position},
        )
