"""What the demo's radiologist writes, and how far each report gets."""

from __future__ import annotations

from orders.models import Order
from radflow.accounts.models import User
from reports.models import ReportState, SectionCode
from reports.services import open_case, open_report, save_draft, sign_report

NORMAL = {
    "CT": ("No acute abnormality. No free air or fluid.", "No acute abnormality."),
    "MR": ("Normal signal throughout. No mass.", "Normal examination."),
    "US": ("Normal echotexture. No collection.", "Normal ultrasound."),
    "DX": ("Lungs and bones are clear.", "No acute abnormality."),
    "CR": ("No fracture. Alignment is normal.", "No fracture seen."),
}
CRITICAL = (
    "Saddle embolus across both main pulmonary arteries, right heart strain.",
    "Acute saddle pulmonary embolism with right heart strain.",
)
FINDING = "Acute saddle pulmonary embolism"


def sections_for(modality: str, *, critical: bool = False) -> dict[str, str]:
    """Findings and impression; the rest is prefilled from the order."""
    findings, impression = CRITICAL if critical else NORMAL.get(modality, NORMAL["CT"])
    return {
        SectionCode.FINDINGS.value: findings,
        SectionCode.IMPRESSION.value: impression,
    }


def sign_for(order: Order, until: str, radiologist: User) -> None:
    """Report the exam up to `preliminary`, `final`, or `critical` (final, flagged)."""
    critical = until == "critical"
    report = open_report(order_id=order.pk, user=radiologist)
    report = save_draft(
        report_id=report.pk,
        sections=sections_for(order.modality, critical=critical),
        expected_version=report.version,
        user=radiologist,
    )
    if critical:
        open_case(order_id=order.pk, category=1, finding=FINDING, user=radiologist)
    wanted = ReportState.PRELIMINARY if until == "preliminary" else ReportState.FINAL
    sign_report(
        report_id=report.pk,
        status=wanted,
        expected_version=report.version,
        user=radiologist,
        critical=critical,
    )
