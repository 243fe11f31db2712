"""The report as ORU^R01 (standards.md sections 3.6 and 3.7)."""

from __future__ import annotations

from orders.cause import Cause
from orders.hl7.outbound import (
    OWN_CODES,
    addressee,
    filler,
    key_of,
    obr,
    pid,
    placer,
    provider,
)
from orders.models import Order, OrderEvent
from orders.services import note
from radflow.hl7.build import Value, segment
from radflow.hl7.fields import format_ts
from radflow.messaging.services import enqueue
from reports.lifecycle import ReportState
from reports.models import CriticalCase, ReportVersion, SectionCode

# OBR-25, OBX-11, ORC-5 per state (section 5.2).
_STATUS = {
    ReportState.PRELIMINARY: ("P", "P", "A"),
    ReportState.FINAL: ("F", "F", "CM"),
    ReportState.CORRECTED: ("C", "C", "CM"),
    ReportState.ADDENDED: ("C", "F", "CM"),
    ReportState.WITHDRAWN: ("C", "W", "CM"),
}
# OBR-24 in ORU is table 0074, not the DICOM term (section 3.3).
_DIAGNOSTIC_SECTION = {
    "CT": "CT",
    "MR": "NMR",
    "US": "RUS",
    "NM": "NMS",
    "CR": "RX",
    "DX": "RX",
    "XA": "XRC",
    "RF": "XRC",
}
_NAMES = {
    SectionCode.EXAM_DESCRIPTION: "Procedure description",
    SectionCode.INDICATIONS: "Indications for procedure",
    SectionCode.COMPARISON: "Comparison",
    SectionCode.FINDINGS: "Findings",
    SectionCode.IMPRESSION: "Impression",
    SectionCode.RECOMMENDATIONS: "Recommendation",
}
_CRITICAL_SECTIONS = (SectionCode.FINDINGS, SectionCode.IMPRESSION)
_CATEGORIES = {
    1: ("RID49480", "Cat 1 Emergent Actionable Finding"),
    2: ("RID49481", "Cat 2 Urgent Actionable Finding"),
    3: ("RID49482", "Cat 3 Non-critical Actionable Finding"),
}


def send_result(order: Order, version: ReportVersion, cause: Cause) -> None:
    """Queue the result for the system that placed the order."""
    peer = order.peer
    if peer is None or not peer.wants_results:
        return
    modern = peer.version_out != "2.3.1"
    status = _STATUS[ReportState(version.status)][0]
    message = enqueue(
        peer=peer,
        message_type="ORU^R01",
        structure="ORU_R01" if modern else "",
        segments=result_segments(order, version, modern=modern),
        key=key_of(order),
        order_ids=[order.pk],
        to=addressee(order),
    )
    if message:
        note(
            order_id=order.pk,
            kind=OrderEvent.Kind.MESSAGE,
            title=f"Result sent ORU^R01 {status}",
            detail=f"To {peer.name}, control ID {message.control_id}",
            cause=Cause(actor="radflow", at=cause.at),
            outbound_id=message.pk,
        )


def result_segments(
    order: Order, version: ReportVersion, *, modern: bool = True
) -> list[str]:
    """PID, ORC, OBR and the OBX rows: clinical sections first, study UID last."""
    result, row, order_status = _STATUS[ReportState(version.status)]
    orc: dict[int, Value] = {
        1: "RE",
        2: placer(order),
        3: filler(order),
        5: order_status,
        9: format_ts(version.signed_at),
        12: provider(order),
    }
    lines = [pid(order.patient), segment("ORC", orc), _obr(order, version, result)]
    rows = _rows(order, version, row, coded="CWE" if modern else "CE")
    return [*lines, *rows]


def _obr(order: Order, version: ReportVersion, result: str) -> str:
    signer = version.signed_by
    interpreter = (
        signer.staff_id or signer.username,
        signer.last_name,
        signer.first_name,
        "",
        "",
        signer.title,
    )
    return obr(
        order,
        {
            7: format_ts(order.started_at) if order.started_at else "",
            8: format_ts(order.ended_at) if order.ended_at else "",
            16: provider(order),
            22: format_ts(version.signed_at),
            24: _DIAGNOSTIC_SECTION.get(order.modality, "RAD"),
            25: result,
            31: (order.reason_code, order.reason, order.reason_system),
            32: (interpreter,),
            44: (order.procedure_code, order.procedure_text, order.procedure_system),
        },
    )


def _rows(
    order: Order, version: ReportVersion, status: str, *, coded: str
) -> list[str]:
    lines: list[str] = []

    def add(fields: dict[int, Value], after: str = "") -> None:
        lines.append(segment("OBX", {1: str(_count(lines) + 1), **fields}))
        if after:
            lines.append(after)

    for code in SectionCode:
        if text := version.sections.get(code.value, ""):
            add(_section(code, text, version, status))
    for case in CriticalCase.objects.filter(order=order).order_by("id"):
        add(_category(case, status, coded))
        add(_communication(case, status), after=_case_note(case))
    uid: dict[int, Value] = {2: "ST", 3: ("113014", "DICOM Study", "DCM"), 11: "O"}
    add({**uid, 5: order.study_instance_uid})
    return lines


def _count(lines: list[str]) -> int:
    return sum(line.startswith("OBX") for line in lines)


def _section(
    code: SectionCode, text: str, version: ReportVersion, status: str
) -> dict[int, Value]:
    signer = version.signed_by
    critical = version.critical and code in _CRITICAL_SECTIONS
    return {
        2: "TX",
        3: (code.value, _NAMES[code], "LN"),
        5: text,
        8: "AA" if critical else "",
        11: status,
        14: format_ts(version.signed_at),
        16: (
            signer.staff_id or signer.username,
            signer.last_name,
            signer.first_name,
            "",
            "",
            signer.title,
        ),
    }


def _category(case: CriticalCase, status: str, coded: str) -> dict[int, Value]:
    return {
        2: coded,
        3: ("ACTCAT", "Actionable finding category", OWN_CODES),
        4: case.number,
        5: (*_CATEGORIES[case.category], "RADLEX"),
        8: "AA" if case.category < 3 else "A",
        11: status,
    }


def _communication(case: CriticalCase, status: str) -> dict[int, Value]:
    if case.acknowledged_at is None:
        text = f"{case.finding}. Not yet acknowledged. {case.number}"
    else:
        how = case.get_method_display().lower()
        text = (
            f"{case.finding}. Acknowledged by {case.acknowledged_person}, {how}, "
            f"read back, {case.acknowledged_at:%Y-%m-%d %H:%MZ}. {case.number}"
        )
    return {
        2: "TX",
        3: ("73568-8", "Communication of critical results", "LN"),
        4: case.number,
        5: text,
        11: status,
    }


def _case_note(case: CriticalCase) -> str:
    text = (
        f"Closed-loop case {case.number}; "
        f"identified {case.identified_at:%Y-%m-%dT%H:%MZ}; "
        f"due {case.due_at:%Y-%m-%dT%H:%MZ}"
    )
    return segment("NTE", {1: "1", 2: "L", 3: text})
