"""The worked messages: synthetic, each with what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_noop

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
        gettext_noop("New order"),
        gettext_noop(
            "An order that drives the worklist: patient, visit, allergy, "
            "order, weight and the study UID."
        ),
    ),
    Example(
        "02a_orr_o02_accept_seed",
        gettext_noop("Order accepted, ORR"),
        gettext_noop(
            "The answer to an order: its number here, in the style of ORR^O02."
        ),
    ),
    Example(
        "02b_orl_o22_accept",
        gettext_noop("Order accepted, ORL"),
        gettext_noop("The same answer in the style of the standard for OML orders."),
    ),
    Example(
        "02c_orr_o02_unable_to_cancel",
        gettext_noop("Cancel refused, ORR"),
        gettext_noop(
            "The exam has begun: unable to cancel, with the reason in ORC-16."
        ),
    ),
    Example(
        "02d_ack_ae_required_field",
        gettext_noop("Required field missing"),
        gettext_noop("A negative acknowledgement whose ERR names the field."),
    ),
    Example(
        "02e_ack_cancel_refused_plain",
        gettext_noop("Cancel refused, plain ACK"),
        gettext_noop("The same refusal for a sender that takes no order response."),
    ),
    Example(
        "03_oru_r01_final",
        gettext_noop("Final report"),
        gettext_noop("Findings, impression and coded results of a signed report."),
    ),
    Example(
        "04_oru_r01_critical",
        gettext_noop("Critical report"),
        gettext_noop(
            "A result that opens a closed-loop case: flags, category, who was told."
        ),
    ),
    Example(
        "05a_orm_o01_status_in_progress",
        gettext_noop("Exam started"),
        gettext_noop("A status update: ORC-5 says in progress."),
    ),
    Example(
        "05b_orm_o01_status_completed_231",
        gettext_noop("Exam completed, 2.3.1"),
        gettext_noop("The same for an older receiver, without ORC-25."),
    ),
    Example(
        "05c_orm_o01_cancel",
        gettext_noop("Cancel from the placer"),
        gettext_noop("The ordering system takes its order back, with a reason."),
    ),
    Example(
        "05d_orm_o01_rad4_scheduled_231",
        gettext_noop("Procedure scheduled, 2.3.1"),
        gettext_noop("What a PACS is told when a procedure is scheduled."),
    ),
    Example(
        "05e_omi_o23_rad4_scheduled",
        gettext_noop("Procedure scheduled, OMI"),
        gettext_noop("The same in 2.5.1, with the imaging identifiers in IPC."),
    ),
    Example(
        "06a_ge_style_zds",
        gettext_noop("Z segment, GE style"),
        gettext_noop("The study UID in ZDS, its type in a local form."),
    ),
    Example(
        "06b_siemens_style_zsi",
        gettext_noop("Z segment, Siemens style"),
        gettext_noop("Station, room and time of the step in ZSI."),
    ),
    Example(
        "06c_philips_style_zph",
        gettext_noop("Z segment, Philips style"),
        gettext_noop("Routing and earlier studies in ZPH."),
    ),
    Example(
        "07_oru_r01_rad7_sections",
        gettext_noop("Sectioned report"),
        gettext_noop("Each section of the report under its own code."),
    ),
    Example(
        "08_oru_r01_rad17_coded",
        gettext_noop("Coded report"),
        gettext_noop("Findings as codes with their context."),
    ),
    Example(
        "08b_oru_r01_correction",
        gettext_noop("Corrected report"),
        gettext_noop("The same report again, marked as corrected."),
    ),
    Example(
        "09_adt_a40_merge",
        gettext_noop("Patient merge"),
        gettext_noop("Two records are one person: MRG becomes PID."),
    ),
    Example(
        "09b_adt_a45_move_visit",
        gettext_noop("Visit moved"),
        gettext_noop("A visit moves to another record."),
    ),
    Example(
        "10_siu_s12",
        gettext_noop("Appointment booked"),
        gettext_noop("Time, exam, scanner, room and person of an appointment."),
    ),
    Example(
        "11_dft_p03",
        gettext_noop("Charges"),
        gettext_noop("The technical and the professional charge of an exam."),
    ),
    Example(
        "12a_qbp_q11_priors",
        gettext_noop("Query for earlier results"),
        gettext_noop("Asks for the reports of a patient within a time."),
    ),
    Example(
        "12b_rsp_k11_priors",
        gettext_noop("Earlier results"),
        gettext_noop("The answer with one report."),
    ),
    Example(
        "12c_rsp_k11_not_found",
        gettext_noop("Nothing found"),
        gettext_noop("The answer without a result."),
    ),
    Example(
        "12d_qry_r02_legacy",
        gettext_noop("Query, old style"),
        gettext_noop("The same question by QRD and QRF."),
    ),
    Example(
        "12e_orf_r04_legacy",
        gettext_noop("Earlier results, old style"),
        gettext_noop("Its answer."),
    ),
    Example(
        "13_critical_ack_inbound",
        gettext_noop("Critical result acknowledged"),
        gettext_noop("Another system says that a critical result was read."),
    ),
    Example(
        "14_mdm_t02",
        gettext_noop("Document"),
        gettext_noop("A report as a document notification."),
    ),
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
