"""What the console shows when the server answers."""

from __future__ import annotations

# The role of each demo login, in the order of the department's day.
LOGINS = {
    "tech": "technologist",
    "rad": "radiologist",
    "coord": "coordinator",
    "pacs": "interface admin",
    "referrer": "referrer",
    "admin": "administrator",
}
DEMO_PASSWORD = "radflow-demo"


def banner(address: str, http: int, mllp: int, dicom: int, *, demo: bool) -> str:
    lines = [
        f"radflow is ready: http://{address}:{http}/",
        f"HL7 on port {mllp} (MLLP), DICOM on port {dicom} (RADFLOW)",
        *(_logins() if demo else ()),
        "Ctrl-C stops everything.",
    ]
    rule = "-" * max(map(len, lines))
    return "\n".join(["", rule, *lines, rule, ""])


def _logins() -> list[str]:
    names = [f"  {name:<9} {role}" for name, role in LOGINS.items()]
    return [f"Demo, synthetic patients. Password {DEMO_PASSWORD}, as:", *names]
