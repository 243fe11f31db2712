"""What comes with radflow: IHE's ZDS in force, and three examples that never act.

No vendor publishes ZSI or ZPH (standards.md section 8.2): the examples show how such a
contract is written, and a site replaces them by its own interface agreement.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.apps import apps as global_apps
from django.utils import timezone

from radflow.messaging.contracts.drafts import Draft, Sample
from radflow.messaging.contracts.rules import FieldRule
from radflow.messaging.contracts.targets import NOTE
from radflow.messaging.models import ContractStatus

_UID = r"[0-2](\.(0|[1-9][0-9]*))+"
_APPLICATION = ("Application", "APPLICATION", "application", "AP")
_DICOM = ("DICOM", "Dicom", "dicom")
_ORDERS = ("ORM^O01", "OML^O21", "OMI^O23", "OMG^O19")
_YES_NO = ("Y", "N")


def _study(policy: str) -> tuple[FieldRule, ...]:
    uid = {"required": "R", "max_length": 64, "regex": _UID, "target": "study.uid"}
    return (
        FieldRule(1, 0, "Reference to the study", "RP", required="R"),
        FieldRule(1, 1, "Study Instance UID", policy=policy, **uid),  # type: ignore[arg-type]
        FieldRule(1, 2, "Application ID"),
        FieldRule(1, 3, "Type of data", "ID", required="RE", values=_APPLICATION),
        FieldRule(1, 4, "Subtype", "ID", required="RE", values=_DICOM),
    )


_ZDS_SAMPLES = (
    Sample(
        "ZDS|2.25.160133186429841150224478235105312347201^100^Application^DICOM",
    ),
    Sample("ZDS|1.2.1^^Application^DICOM"),
    Sample("ZDS|1.02.1^100^Application^DICOM", valid=False),
    Sample("ZDS|3001^Bello^Tunde^Dr|20260302", valid=False),
)
IHE_ZDS = Draft(
    segment="ZDS",
    vendor="IHE",
    product="Radiology Technical Framework",
    description="The Study Instance UID of an order, as IHE Radiology defines it.",
    evidence="IHE RAD TF-2, section 4.4 (RAD-4), HL7 2.3.1",
    fields=_study("fill"),
    samples=_ZDS_SAMPLES,
)
GE_ZDS = Draft(
    segment="ZDS",
    vendor="GE",
    product="Centricity style",
    sending_application="GECENTRIC",
    message_types=_ORDERS,
    description="Example: a Study UID in the form that IHE gives it. It never acts.",
    fields=_study("fill"),
    samples=_ZDS_SAMPLES,
)
SIEMENS_ZSI = Draft(
    segment="ZSI",
    vendor="Siemens",
    product="syngo style",
    sending_application="SYNGORIS",
    message_types=_ORDERS,
    description="Example: worklist routing. Made up for this page; it never acts.",
    fields=(
        FieldRule(1, 0, "Set ID", "SI", required="R"),
        FieldRule(2, 0, "Worklist group", "CE", required="R", target=NOTE),
        FieldRule(
            3, 0, "Station AE", max_length=16, target="step.station_ae", policy="fill"
        ),
        FieldRule(4, 1, "Modality", "ID", target="step.modality", policy="fill"),
        FieldRule(4, 2, "Priority rank", "NM", lowest=Decimal(1), highest=Decimal(9)),
        FieldRule(5, 0, "Room", max_length=16, target="step.location", policy="fill"),
        FieldRule(6, 0, "Start of the slot", "TS", target="step.start", policy="fill"),
        FieldRule(7, 0, "Protect from change", "ID", values=_YES_NO, target=NOTE),
    ),
    samples=(
        Sample(
            "ZSI|1|WLGRP_CT^CT worklist group^99SYN|CT2_AE|CT^1|CTR2|20260302100000|N"
        ),
        Sample("ZSI|1|WLGRP_CT^CT worklist group^99SYN"),
        Sample("ZSI|1||CT2_AE", valid=False),
        Sample("ZSI|1|WLGRP_CT|STATION_AE_TITLE_TOO_LONG", valid=False),
        Sample("ZSI|1|WLGRP_CT|CT2_AE|CT^10", valid=False),
    ),
)
PHILIPS_ZPH = Draft(
    segment="ZPH",
    vendor="Philips",
    product="IntelliSpace style",
    sending_application="ISPACS",
    message_types=_ORDERS,
    description="Example: reading route and priors. Made up; it never acts.",
    fields=(
        FieldRule(1, 0, "Set ID", "SI", required="R"),
        FieldRule(
            2,
            0,
            "Reading route",
            "CE",
            required="R",
            target="order.route",
            policy="fill",
        ),
        FieldRule(3, 0, "Archive", max_length=60, target=NOTE),
        FieldRule(4, 0, "Prior accessions", repeats=True, max_length=16, target=NOTE),
        FieldRule(5, 0, "Prior study UID", max_length=64, regex=_UID),
        FieldRule(6, 0, "Prefetch", "ID", values=_YES_NO),
        FieldRule(7, 0, "Prefetch depth", "NM", lowest=Decimal(0), highest=Decimal(20)),
    ),
    samples=(
        Sample(
            "ZPH|1|ROUTE_ER^Emergency reading route^99ISP|ARCHIVE_MAIN|"
            "ACC25110009~ACC24010388|2.25.77777777777777777777777777777777|Y|3"
        ),
        Sample("ZPH|1|ROUTE_ER", valid=True),
        Sample("ZPH|1", valid=False),
        Sample("ZPH|1|ROUTE_ER|ARCHIVE_MAIN|||maybe", valid=False),
        Sample("ZPH|1|ROUTE_ER|ARCHIVE_MAIN|||Y|21", valid=False),
    ),
)
SHIPPED = (
    (IHE_ZDS, ContractStatus.APPROVED),
    (GE_ZDS, ContractStatus.EXAMPLE),
    (SIEMENS_ZSI, ContractStatus.EXAMPLE),
    (PHILIPS_ZPH, ContractStatus.EXAMPLE),
)


def ship(sender: object, **signal: Any) -> None:
    """Add what is missing, after the tables are there; what a site has stays."""
    apps, using = signal.get("apps", global_apps), signal["using"]
    try:
        contracts = apps.get_model("messaging", "ZContract").objects.using(using)
    except LookupError:
        return
    known = set(contracts.values_list("segment", "vendor", "product"))
    for draft, status in SHIPPED:
        if (draft.segment, draft.vendor, draft.product) not in known:
            _add(apps, using, draft, status)


def _add(apps: Any, using: str, draft: Draft, status: str) -> None:
    """Without an approver: that one is radflow itself."""
    approved_at = timezone.now() if status == ContractStatus.APPROVED else None
    models = (apps.get_model("messaging", name) for name in _MODELS)
    contracts, fields, samples = (model.objects.using(using) for model in models)
    contract = contracts.create(
        **draft.header(), status=status, approved_at=approved_at
    )
    fields.bulk_create(
        fields.model(contract=contract, **{**vars(rule), "values": list(rule.values)})
        for rule in draft.fields
    )
    samples.bulk_create(
        samples.model(contract=contract, text=one.text, valid=one.valid)
        for one in draft.samples
    )


_MODELS = ("ZContract", "ZField", "ZSample")
