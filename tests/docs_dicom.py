"""Write docs/dicom-conformance.md from what the server offers: `make docs`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydicom.datadict import dictionary_description, tag_for_keyword
from pydicom.uid import UID

from radflow.dicom import matching, statuses
from radflow.dicom.archive import SERIES_KEYS, STUDY_KEYS
from radflow.dicom.attributes import STEP, TOP, Attribute
from radflow.dicom.charsets import CODE_EXTENSIONS, CODECS, declared
from radflow.dicom.exchange import Limits
from radflow.dicom.server import presentation_contexts
from tests.docs_machines import grid
from worklist.dicom.find import WorklistFinder
from worklist.dicom.recorder import FindRecorder
from worklist.dicom.service import callbacks_of

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "dicom-conformance.md"
_HEAD = """\
# DICOM conformance

Written by `make docs` from the code: the presentation contexts of the server as it is
started, the tables of attributes, character sets, statuses and limits. A test fails
while this file differs from them. Do not edit it by hand.

radflow offers the services below, under one AE title (`RADFLOW_AE_TITLE`), on
`RADFLOW_DICOM_PORT` and, where `RADFLOW_DICOM_TLS_PORT` is set, under TLS 1.2 or 1.3
there (BCP 195); with `RADFLOW_TLS_CA` every peer has to show a certificate.

## Associations
"""
_ACCEPTANCE = """\
An association is accepted from a station that is known and enabled, that calls from one
of its addresses and, where one is set, with its certificate; and from an archive that
is known and in use. Others are rejected (permanent, calling AE title not recognised)
and are listed for the interface admins; another called AE title than ours is rejected
as such; a full server rejects for now (local limit exceeded).
"""
_WORKLIST = """\
## Modality worklist (C-FIND)

One response for each scheduled procedure step, by start time. The rules of the station
(its own steps, the pool of its modality, its room group, started ones, look-ahead and
look-behind) apply beside the keys. A query without any key with a value is answered
with today, by the clock of the station's site, unless the station has a window of its
own. Dates and times are those of the station's site. Dates and times that are both
ranges are one interval, as PS3.4 K.6.1.2.2 says. Names match without regard to case and
trailing carets, and one component group matches any. Several values of a key match as a
list. A matching key that the table names as a return key only does not select, and is
warned of.
"""
_MEANINGS = {
    statuses.SUCCESS: "Done; of a query: every match was sent",
    statuses.PENDING: "A match; every key is supported",
    statuses.PENDING_UNSUPPORTED_KEYS: "A match; a key of the query is not supported",
    statuses.CANCELLED: "The query was cancelled by C-CANCEL",
    statuses.OUT_OF_RESOURCES: "More matches than are sent; narrow the query",
    statuses.IDENTIFIER_MISMATCH: "A key cannot be understood; the comment names it",
    statuses.UNABLE_TO_PROCESS: "The query failed here; ask again",
    statuses.INVALID_ATTRIBUTE_VALUE: "A value is not allowed",
    statuses.ATTRIBUTE_LIST_WARNING: "Done, but for attributes that are not taken",
    statuses.PROCESSING_FAILURE: "Failed here, or the step is final",
    statuses.DUPLICATE_INSTANCE: "The SOP instance exists already",
    statuses.UNKNOWN_INSTANCE: "There is no such SOP instance",
    statuses.MISSING_ATTRIBUTE: "A required attribute is missing",
    statuses.MISSING_ATTRIBUTE_VALUE: "A required attribute is empty",
}
_STORED_MEANINGS = {
    statuses.SUCCESS: "Kept; the same report again is no fault",
    statuses.PROCESSING_FAILURE: "Failed here; send it again",
    statuses.DUPLICATE_INSTANCE: "Another report has this SOP Instance UID",
    statuses.NOT_OF_ITS_CLASS: "No X-Ray Radiation Dose Report, or not identified",
    statuses.UNREADABLE_OBJECT: "The data set cannot be read",
}
_PROMISED_MEANINGS = {
    statuses.SUCCESS: "Kept with each study whose performed steps named the instances",
    statuses.PROCESSING_FAILURE: "Failed here; tell it again",
    statuses.UNKNOWN_INSTANCE: "Not the well-known SOP instance",
    statuses.NO_SUCH_EVENT_TYPE: "The event type is neither 1 nor 2",
    statuses.INVALID_ARGUMENT: "No transaction, no instances, or one without UID",
    statuses.NOT_AUTHORISED: "The caller is no archive that is known and in use",
}
_STORED = """\
## Dose reports (C-STORE)

Of the storage SOP classes only those that carry X-Ray Radiation Dose Reports (PS3.16
TID 10001 and 10011) are accepted; of Enhanced SR only documents of that title. The
report is kept as it came; total and single doses are read from it, in the units of
UCUM that the templates name. It is linked to the exam of its Study Instance UID, else
of its accession number, if the patient agrees; else it waits for a person.
"""
_PROMISED = """\
## Storage commitment (N-EVENT-REPORT)

radflow is the SCU that hears the result: the archive calls it with the role of SCP
(SCP/SCU role selection; the default role is taken too). N-ACTION is not sent: the
scanner, or whoever asks for the commitment, names radflow as a further receiver.
"""
_ASKED = """\
## What radflow asks and tells (SCU)

Archives and reading services that are kept under Interfaces, Archives are told of
performed steps (N-CREATE, N-SET) and of the availability of images (N-CREATE of an
Instance Availability Notification). Archives are asked for the studies of performed
exams: by C-FIND of the study root model, or by QIDO-RS (`application/dicom+json`)
where the address of their DICOMweb is set. Both ask for the study by its UID, for its
series, and of series of modality SR for the SOP classes of the instances.
"""
_RULES = {
    "UI": "list of UIDs",
    "DA": "single, range",
    "TM": "single, range",
    "PN": "single, wildcard, no case",
}


def _contexts() -> list[str]:
    finder = WorklistFinder(FindRecorder(), Limits().max_matches)
    rows = (
        [
            UID(context.abstract_syntax or "").name,
            "SCU" if context.scp_role else "SCP",
            f"`{context.abstract_syntax}`",
            ", ".join(UID(one).name for one in context.transfer_syntax or []),
        ]
        for context in presentation_contexts(callbacks_of(finder))
    )
    return grid(["SOP class", "Our role", "UID", "Transfer syntaxes"], rows)


def _limits() -> list[str]:
    limits = Limits()
    told = {
        "Associations at once, on each port": limits.max_associations,
        "Associations of one address": limits.max_per_address,
        "Longest PDU that we take, as negotiated, in bytes": limits.max_pdu,
        "Longest PDU before the connection is cut, in bytes": limits.max_incoming_pdu,
        "Longest message, in bytes": limits.max_message,
        "Requests sent ahead of their answers": limits.max_waiting_messages,
        "A begun PDU must be whole after, in seconds": limits.pdu_deadline,
        "An answer must be read after, in seconds": limits.send_deadline,
        "A-ASSOCIATE (ARTIM), and the TLS handshake, in seconds": (
            limits.association_timeout
        ),
        "Idle association, in seconds": limits.idle_timeout,
        "Matches of one query, then 0xA700": limits.max_matches,
    }
    return grid(
        ["Limit", ""],
        ([name, f"{value}".removesuffix(".0")] for name, value in told.items()),
    )


def _attributes(known: Sequence[Attribute], matched: Iterable[str]) -> list[str]:
    keys = set(matched)
    rows = (
        [
            f"({one.tag >> 16:04X},{one.tag & 0xFFFF:04X})",
            dictionary_description(one.tag),
            one.vr,
            _RULES.get(one.vr, "single, wildcard") if one.keyword in keys else "–",
            "always" if one.required else "if asked for",
        ]
        for one in sorted(known, key=lambda one: one.tag)
    )
    return grid(["Tag", "Attribute", "VR", "Matching", "Returned"], rows)


def _charsets() -> list[str]:
    rows = (
        ["\\".join(declared(name)) or "absent", codec]
        for name, codec in {**CODECS, **CODE_EXTENSIONS}.items()
    )
    return grid(["(0008,0005)", "Encoding"], rows)


def _statuses(
    codes: Iterable[int], meanings: Mapping[int, str] = _MEANINGS
) -> list[str]:
    rows = ([f"0x{code:04X}", meanings[code]] for code in codes)
    return grid(["Status", "Meaning"], rows)


def _wanted() -> list[str]:
    levels = {"Study": STUDY_KEYS, "Series": SERIES_KEYS}
    rows = (
        [level, dictionary_description(tag_for_keyword(keyword) or 0)]
        for level, keywords in levels.items()
        for keyword in keywords
    )
    return grid(["Level", "Attribute asked for"], rows)


def document() -> str:
    find = [
        code for code in _MEANINGS if code == 0 or code >= statuses.OUT_OF_RESOURCES
    ]
    steps = [code for code in _MEANINGS if code < statuses.OUT_OF_RESOURCES]
    lines = [
        _HEAD,
        *_contexts(),
        "",
        _ACCEPTANCE,
        *_limits(),
        "",
        _WORKLIST,
        *_attributes(TOP, matching.TOP_KEYS),
        "",
        "In the Scheduled Procedure Step Sequence (0040,0100):",
        "",
        *_attributes(STEP, matching.STEP_KEYS),
        "",
        *_statuses(find),
        "",
        "## Performed procedure step (N-CREATE, N-SET, N-GET)",
        "",
        *_statuses(steps),
        "",
        _STORED,
        *_statuses(_STORED_MEANINGS, _STORED_MEANINGS),
        "",
        _PROMISED,
        *_statuses(_PROMISED_MEANINGS, _PROMISED_MEANINGS),
        "",
        _ASKED,
        *_wanted(),
        "",
        "## Character sets",
        "",
        "Each station is answered in the one that it is set to. Letters that it lacks",
        "lose their marks, else become `?`; `explain` says so. Queries are read in the",
        "one that they declare.",
        "",
        *_charsets(),
    ]
    return "\n".join(lines) + "\n"
