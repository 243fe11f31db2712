"""PID, PV1 and AL1 read into requests (standards.md sections 3.3, 3.4 and 10)."""

from __future__ import annotations

from orders.requests import Identifier, PatientRequest, VisitRequest
from radflow.hl7.acks import HL7Error
from radflow.hl7.fields import CX, PL, XPN, parse_date, xcn_to_pn, xpn_to_pn
from radflow.hl7.message import NULL, Message, Segment
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer

# The sending facility stands for the assigning authority where CX-4 is empty.
FROM_FACILITY = "MSH-4"
# An error of the database says neither which field nor, without its text, which value.
TOO_LONG = (
    "A name, identifier or code is longer than can be kept, or holds what text cannot. "
    "It is never cut: the sender must correct it."
)
_CLEARABLE = {"birth_date": 7, "birth_date_text": 7, "sex": 8, "deceased": 30}
_NAME_PARTS = {"given_name": 2, "middle_name": 3, "suffix": 4, "prefix": 5}


def check_patient(message: Message) -> None:
    """Refuse before the ACK what no later step could repair: PID-3 without a value."""
    pid = message.first("PID")
    if pid is None:
        raise HL7Error("100", "Segment PID is missing.", "PID^1")
    if not any(cx.id.strip() for cx in CX.all(pid, 3)):
        raise HL7Error("101", "Patient identifier (PID-3) is missing.", "PID^1^3")


def patient_keys(message: Message) -> list[str]:
    """One key per identifier, for the order in which messages are applied."""
    pid = message.first("PID")
    values = [cx.id.strip() for cx in CX.all(pid, 3)] if pid else []
    return [f"P:{value}" for value in values if value]


def read_patient(message: Message, peer: Peer) -> PatientRequest:
    """The person this message speaks of; raises Parked for a datum we cannot trust."""
    pid = message.first("PID")
    if pid is None:
        raise Parked("100", "The message has no PID segment.", "PID^1")
    name = _name(pid)
    born = parse_date(pid.value(7)) if pid.value(7) not in ("", NULL) else None
    return PatientRequest(
        identifiers=_identifiers(pid, message, peer),
        family_name=name.family,
        given_name=name.given,
        middle_name=name.middle,
        prefix=name.prefix,
        suffix=name.suffix,
        birth_date=born.value if born else None,
        birth_date_text=born.text if born else "",
        sex=_sex(pid),
        deceased=pid.value(30) == "Y",
        allergies=_allergies(message),
        cleared=_cleared(pid, message),
        **_other_scripts(pid),
    )


def _cleared(pid: Segment, message: Message) -> frozenset[str]:
    """What the message deletes by HL7 null; a family name is never deleted."""
    names = {name for name, number in _CLEARABLE.items() if pid.is_null(number)}
    if pid.value(30) == "N":
        names.add("deceased")
    if pid.value(5, 1) not in ("", NULL):
        names |= {name for name, n in _NAME_PARTS.items() if pid.value(5, n) == NULL}
    if any(al1.is_null(3) for al1 in message.all("AL1")):
        names.add("allergies")
    return frozenset(names)


def _name(pid: Segment) -> XPN:
    names = XPN.all(pid, 5)
    plain = [n for n in names if n.representation in ("", "A")]
    return (plain or names or [XPN()])[0]


def _other_scripts(pid: Segment) -> dict[str, str]:
    found = {}
    for rep in pid.repetitions(5):
        name = XPN.read(rep)
        if name.representation == "I":
            found["name_ideographic"] = xpn_to_pn(name)
        elif name.representation == "P":
            found["name_phonetic"] = xpn_to_pn(name)
    return found


def _sex(pid: Segment) -> str:
    value = pid.value(8)
    return value if value in {"F", "M", "O", "A", "N", "U"} else ""


def _identifiers(pid: Segment, message: Message, peer: Peer) -> tuple[Identifier, ...]:
    read = [cx for cx in CX.all(pid, 3) if cx.id.strip()]
    return tuple(dict.fromkeys(_identifier(cx, message, peer) for cx in read))


def _identifier(cx: CX, message: Message, peer: Peer) -> Identifier:
    authority = cx.authority or cx.universal_id or _default_authority(message, peer)
    if not authority:
        raise Parked(
            "101",
            "PID-3 names no assigning authority, and the sender has no default. Set "
            "a default authority on the peer, then replay.",
            "PID^1^3^1^4",
        )
    return Identifier(cx.id.strip(), authority.strip(), cx.type or "MR")


def _default_authority(message: Message, peer: Peer) -> str:
    if peer.default_authority == FROM_FACILITY:
        return message.sending_facility
    return peer.default_authority


def _allergies(message: Message) -> tuple[str, ...]:
    texts = [al1.value(3, 2) or al1.value(3, 1) for al1 in message.all("AL1")]
    return tuple(text for text in texts if text and text != NULL)


def read_visit(message: Message) -> VisitRequest | None:
    """The visit of PV1-19, else of the account in PID-18; None without either."""
    pv1, pid = message.first("PV1"), message.first("PID")
    account = CX.of(pid, 18) if pid else CX()
    if pv1 is None:
        return None
    visit = CX.of(pv1, 19)
    number = visit if visit.id else account
    if not number.id:
        return None
    return VisitRequest(
        number=number.id,
        assigning_authority=number.authority or message.sending_facility,
        account_number=account.id,
        patient_class=_said(pv1, 2)[:1],
        location=_location(PL.of(pv1, 3)),
        attending=xcn_to_pn(pv1, 7),
        referring=xcn_to_pn(pv1, 8),
        ambulatory_status=_said(pv1, 15),
    )


def _said(segment: Segment, number: int) -> str:
    value = segment.value(number)
    return "" if value == NULL else value


def _location(pl: PL) -> str:
    parts = (pl.point_of_care, pl.room, pl.bed)
    return " ".join(part for part in parts if part and part != NULL)
