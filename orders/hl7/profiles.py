"""Where each kind of sender puts what sites disagree on (standards.md section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from radflow.hl7.message import Message
from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import CODE_SET, DICOM, KEYS

Paths = tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """For each key the fields to look at, the first with a value wins."""

    accession: Paths
    requested_procedure_id: Paths
    step_id: Paths
    study_uid: Paths
    modality: Paths
    protocol: Paths
    procedure: Paths
    start: Paths = ("TQ1-7.1", "ORC-7.4", "OBR-27.4", "OBR-36.1")
    priority: Paths = ("TQ1-9.1", "ORC-7.6", "OBR-27.6", "OBR-5.1")
    station_ae: Paths = ()
    station_name: Paths = ()
    location: Paths = ()
    obr24: str = DICOM


SEED = Mapping(
    accession=("OBR-3.1", "OBR-18.1"),
    requested_procedure_id=("OBR-19.1",),
    step_id=("OBR-20.1",),
    study_uid=("ZDS-1.1",),
    modality=("OBR-24.1",),
    protocol=("OBR-4.4", "OBR-4.1"),
    procedure=("OBR-4.1",),
)
IHE_231 = Mapping(
    accession=("OBR-18.1",),
    requested_procedure_id=("OBR-19.1",),
    step_id=("OBR-20.1",),
    study_uid=("ZDS-1.1",),
    modality=("OBR-24.1",),
    protocol=("OBR-4.4",),
    procedure=("OBR-44.1", "OBR-4.1"),
)
IHE_251 = Mapping(
    accession=("IPC-1.1", "OBR-18.1"),
    requested_procedure_id=("IPC-2.1",),
    step_id=("IPC-4.1",),
    study_uid=("IPC-3.1", "ZDS-1.1"),
    modality=("IPC-5.1", "OBR-24.1"),
    protocol=("IPC-6.1",),
    procedure=("OBR-44.1", "OBR-4.1"),
    station_ae=("IPC-9.1",),
    station_name=("IPC-7.1",),
    location=("IPC-8.1",),
)
# A 2.3.1 sender of unknown habits may follow the seed and fill OBR-3.
_AUTO_OLD = replace(IHE_231, accession=("OBR-18.1", "OBR-3.1"))

_BY_NAME = {"seed": SEED, "ihe-231": IHE_231, "ihe-251": IHE_251}


def mapping_for(peer: Peer, message: Message) -> Mapping:
    """The sender's profile with what its own mapping puts elsewhere."""
    told = {key: tuple(peer.mapping[key]) for key in KEYS if key in peer.mapping}
    base = _of_profile(peer.profile, message)
    return replace(base, **told, obr24=peer.mapping.get(CODE_SET, DICOM))


def _of_profile(profile: str, message: Message) -> Mapping:
    """`auto` picks by presence of IPC and by version."""
    if profile in _BY_NAME:
        return _BY_NAME[profile]
    if message.first("IPC") is not None:
        return IHE_251
    return _AUTO_OLD if message.version < "2.5" else SEED
