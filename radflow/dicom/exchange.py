"""What the server and its callbacks tell each other, free of sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pydicom.dataset import Dataset

from radflow.dicom.datasets import Answer
from radflow.dicom.mpps import Problem


@dataclass(frozen=True, slots=True)
class AssociationInfo:
    """Who is asking. `max_pdu` is the peer's, in bytes, 0 without limit.

    `certificate` is the SHA-256 of the one shown under TLS, in lower case hexadecimal.
    """

    calling_ae: str
    called_ae: str
    address: str
    port: int
    max_pdu: int
    association_id: str
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server lets its peers take; times in seconds, sizes in bytes."""

    max_associations: int = 64
    max_per_address: int = 16
    # Over this many matches: that many are returned, then 0xA700; never a silent cut.
    max_matches: int = 500
    max_pdu: int = 65536
    # No PDU may be longer, also before an association is accepted.
    max_incoming_pdu: int = 1 << 20
    # A message may span PDUs without end; the longest legitimate one is a performed
    # step naming some ten thousand instances.
    max_message: int = 8 << 20
    # Requests a peer may send ahead of their answers.
    max_waiting_messages: int = 32
    # From the first byte of a PDU to its last.
    pdu_deadline: float = 5.0
    send_deadline: float = 30.0
    # From the connection to A-ASSOCIATE-RQ, and from a reject to the close (ARTIM).
    association_timeout: float = 10.0
    idle_timeout: float = 300.0


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a C-STORE brought: `content` is a DICOM file, `dataset` the same, read."""

    sop_class_uid: str
    sop_instance_uid: str
    content: bytes
    dataset: Dataset


# Yields one answer per match; raises IdentifierMismatch for status 0xA900.
OnFind: TypeAlias = Callable[[Dataset, AssociationInfo], Iterable[Answer | Dataset]]
# SOP Instance UID and attribute list; returns None for success, which must be
# committed by then: the scanner will not tell it again.
OnStep: TypeAlias = Callable[[str, Dataset, AssociationInfo], Problem | None]
OnGet: TypeAlias = Callable[[str, AssociationInfo], Dataset | Problem]
OnStored: TypeAlias = Callable[[StoredObject, AssociationInfo], Problem | None]
# Event type and what it tells of.
OnEvent: TypeAlias = Callable[[int, Dataset, AssociationInfo], Problem | None]
# The reason to refuse, a word for the log and for OnRefused; or None.
Allow: TypeAlias = Callable[[AssociationInfo], str | None]
# Hears who was refused, and for which reason; CALLED for another AE title than ours.
OnRefused: TypeAlias = Callable[[AssociationInfo, str], None]
CALLED: Final = "called"


@dataclass(frozen=True, slots=True)
class Callbacks:
    """The services one server offers; None means the service is not offered."""

    on_find: OnFind | None = None
    on_mpps_create: OnStep | None = None
    on_mpps_set: OnStep | None = None
    on_mpps_get: OnGet | None = None
    # Instance Availability Notification (PS3.4 annex R).
    on_available: OnStep | None = None
    # C-STORE of the SOP classes in `radflow.dicom.dose_report`, and of no other.
    on_dose_report: OnStored | None = None
    # Storage commitment results: we are the SCU, whom the SCP calls (PS3.4 annex J).
    on_commitment: OnEvent | None = None
    allow: Allow | None = None
    on_refused: OnRefused | None = None
    # Runs in the association's own thread when it ends, to release what is per thread.
    on_association_end: Callable[[], None] | None = None
