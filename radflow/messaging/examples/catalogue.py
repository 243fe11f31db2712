"""The worked messages: synthetic, each with what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Example:
    """`key` is the file's name; `about` says what it shows."""

    key: str
    title: str
    about: str

    @property
    def raw(self) -> bytes:
        return _read(self.key)


@cache
def _read(key: str) -> bytes:
    return (FOLDER / f"{key}.hl7").read_bytes().replace(b"\n", b"\r")


EXAMPLES = (
    Example(
        "01_oml_o21_new_order",
        "New order",
        "An order that drives the worklist: patient, visit, allergy, order, weight "
        "and the study UID.",
    ),
    Example(
        "02a_orr_o02_accept_seed",
        "Order accepted, ORR",
        "The answer to an order: its number here, in the style of ORR^O02.",
    ),
    Example(
        "02b_orl_o22_accept",
        "Order accepted, ORL",
        "The same answer in the style of the standard for OML orders.",
    ),
    Example(
        "02c_orr_o02_unable_to_cancel",
        "Cancel refused, ORR",
        "The exam has begun: unable to cancel, with the reason in ORC-16.",
    ),
    Example(
        "02d_ack_ae_required_field",
        "Required field missing",
        "A negative acknowledgement whose ERR names the field.",
    ),
    Example(
        "02e_ack_cancel_refused_plain",
        "Cancel refused, plain ACK",
        "The same refusal for a sender that takes no order response.",
    ),
    Example(
        "03_oru_r01_final",
        "Final report",
        "Findings, impression and coded results of a signed report.",
    ),
    Example(
        "04_oru_r01_critical",
        "Critical report",
        "A result that opens a closed-loop case: flags, category, who was told.",
    ),
    Example(
        "05a_orm_o01_status_in_progress",
        "Exam started",
        "A status update: ORC-5 says in progress.",
    ),
    Example(
        "05b_orm_o01_status_completed_231",
        "Exam completed, 2.3.1",
        "The same for an older receiver, without ORC-25.",
    ),
    Example(
        "05c_orm_o01_cancel",
        "Cancel from the placer",
        "The ordering system takes its order back, with a reason.",
    ),
    Example(
        "05d_orm_o01_rad4_scheduled_231",
        "Procedure scheduled, 2.3.1",
        "What a PACS is told when a procedure is scheduled.",
    ),
    Example(
        "05e_omi_o23_rad4_scheduled",
        "Procedure scheduled, OMI",
        "The same in 2.5.1, with the imaging identifiers in IPC.",
    ),
    Example(
        "06a_ge_style_zds",
        "Z segment, GE style",
        "The study UID in ZDS, its type in a local form.",
    ),
    Example(
        "06b_siemens_style_zsi",
        "Z segment, Siemens style",
        "Station, room and time of the step in ZSI.",
    ),
    Example(
        "06c_philips_style_zph",
        "Z segment, Philips style",
        "Routing and earlier studies in ZPH.",
    ),
    Example(
        "07_oru_r01_rad7_sections",
        "Sectioned report",
        "Each section of the report under its own code.",
    ),
    Example(
        "08_oru_r01_rad17_coded",
        "Coded report",
        "Findings as codes with their context.",
    ),
    Example(
        "08b_oru_r01_correction",
        "Corrected report",
        "The same report again, marked as corrected.",
    ),
    Example(
        "09_adt_a40_merge",
        "Patient merge",
        "Two records are one person: MRG becomes PID.",
    ),
    Example(
        "09b_adt_a45_move_visit", "Visit moved", "A visit moves to another record."
    ),
    Example(
        "10_siu_s12",
        "Appointment booked",
        "Time, exam, scanner, room and person of an appointment.",
    ),
    Example(
        "11_dft_p03",
        "Charges",
        "The technical and the professional charge of an exam.",
    ),
    Example(
        "12a_qbp_q11_priors",
        "Query for earlier results",
        "Asks for the reports of a patient within a time.",
    ),
    Example("12b_rsp_k11_priors", "Earlier results", "The answer with one report."),
    Example("12c_rsp_k11_not_found", "Nothing found", "The answer without a result."),
    Example(
        "12d_qry_r02_legacy",
        "Query, old style",
        "The same question by QRD and QRF.",
    ),
    Example("12e_orf_r04_legacy", "Earlier results, old style", "Its answer."),
    Example(
        "13_critical_ack_inbound",
        "Critical result acknowledged",
        "Another system says that a critical result was read.",
    ),
    Example("14_mdm_t02", "Document", "A report as a document notification."),
)


def example_of(key: str) -> Example | None:
    return next((one for one in EXAMPLES if one.key == key), None)


def freshened(raw: bytes, control_id: str, now: datetime) -> bytes:
    """The same message as if sent now: MSH-7 and MSH-10 are new."""
    header, _, rest = raw.partition(b"\r")
    fields = header.split(b"|")
    fields[6] = f"{now:%Y%m%d%H%M%S%z}".encode()
    fields[9] = control_id.encode()
    return b"|".join(fields) + b"\r" + rest
