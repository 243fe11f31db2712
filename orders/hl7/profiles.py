"""Where each kind of sender puts what sites disagree on (standards.md section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from radflow.hl7.message import Message
from radflow.messaging.models import Peer
from radflow.messaging.models.mapping import CODE_SET, DICOM, KEYS, PROFILES, Paths


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
    start: Paths
    priority: Paths
    station_ae: Paths
    station_name: Paths
    location: Paths
    obr24: str


def _mapping(paths: dict[str, Paths]) -> Mapping:
    return Mapping(**paths, obr24=DICOM)


_BY_NAME = {name: _mapping(paths) for name, paths in PROFILES.items()}
# A 2.3.1 sender of unknown habits may follow the seed and fill OBR-3.
_AUTO_OLD = replace(_BY_NAME["ihe-231"], accession=("OBR-18.1", "OBR-3.1"))


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
        return _BY_NAME["ihe-251"]
    return _AUTO_OLD if message.version < "2.5" else _BY_NAME["seed"]
