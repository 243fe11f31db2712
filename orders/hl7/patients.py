"""PID, PV1 and AL1 read into requests (standards.md sections 3.3, 3.4 and 10)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from orders.authorities import canonical
from orders.hl7.allergies import read_allergies
from orders.hl7.measures import HEIGHT, WEIGHT
from orders.models import Pregnancy
from orders.requests import Identifier, PatientRequest, VisitRequest
from radflow.hl7.acks import HL7Error
from radflow.hl7.fields import (
    CX,
    PL,
    XPN,
    PartialDate,
    parse_date,
    parse_ts,
    xcn_to_pn,
    xpn_to_pn,
)
from radflow.hl7.groups import patient_group
from radflow.hl7.message import NULL, Message, Segment
from radflow.messaging.exceptions import Parked
from radflow.messaging.models import Peer

# The sending facility stands for the assigning authority where CX-4 is empty.
FROM_FACILITY = "MSH-4"
# An error of the database says neither which field nor, without its text, which value.
TOO_LONG = gettext_noop(
    "A name, identifier or code is longer than can be kept, or holds what text cannot. "
    "It is never cut: the sender must correct it."
)
RETIRED = gettext_noop("Names a merged identifier: taken for the survivor")
_CLEARABLE = {"sex": 8, "deceased_at": 29, "deceased": 30}
_UNDELETABLE = (
    (3, 1, "identifier"),
    (5, 1, "family name"),
    (5, 2, "given name"),
    (7, 1, "birth date"),
)
_VISIT_CLEARABLE = {
    "location": 3,
    "prior_location": 6,
    "attending": 7,
    "referring": 8,
    "ambulatory_status": 15,
}
_NAME_PARTS = {"middle_name": 3, "suffix": 4, "prefix": 5}


def check_patient(message: Message) -> None:
    """Refuse before the ACK what no later step could repair: PID-3 without a value."""
    pid = message.first("PID")
    if pid is None:
        raise HL7Error("100", gettext_noop("Segment PID is missing."), "PID^1")
    if not any(cx.id.strip() for cx in CX.all(pid, 3)):
        raise HL7Error(
            "101", gettext_noop("Patient identifier (PID-3) is missing."), "PID^1^3"
        )


def check_news(message: Message) -> None:
    """ADT may delete neither an identifier, the name nor the birth date (3.1)."""
    pid = message.first("PID")
    if pid is not None:
        for number, component, what in _UNDELETABLE:
            if pid.value(number, component) == NULL:
                raise HL7Error(
                    "102", f"The {what} cannot be deleted.", f"PID^1^{number}"
                )
    check_patient(message)


def refuse_retired(peer: Peer) -> None:
    """Where the peer's setting is to refuse what still names a merged identifier."""
    if peer.merged_id == "reject":
        raise Parked(
            "204",
            gettext_noop(
                "The identifier was merged into another. This sender is set to be "
                "refused then: it must use the surviving one."
            ),
            "PID^1^3",
        )


def patient_keys(message: Message) -> list[str]:
    """One key per identifier, for the order in which messages are applied."""
    pid = message.first("PID")
    values = [cx.id.strip() for cx in CX.all(pid, 3)] if pid else []
    return [f"P:{value}" for value in values if value]


def read_patient(
    message: Message, peer: Peer, pid: Segment | None = None
) -> PatientRequest:
    """The person of `pid`, else of the first PID; raises Parked for a wrong datum."""
    pid = pid or message.first("PID")
    if pid is None:
        raise Parked("100", gettext_noop("The message has no PID segment."), "PID^1")
    name = _name(pid)
    born = _born(pid)
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
        deceased=_is_dead(pid),
        deceased_at=_died_at(pid, message, peer),
        allergies=read_allergies(message),
        pregnancy=_pregnancy(message),
        cleared=_cleared(pid, message),
        event_time=event_time(message, peer),
        sources={name: path for name, path in _SOURCES.items() if _has(pid, path)},
        **_other_scripts(pid),
        **_measures(message),
    )


def _born(pid: Segment) -> PartialDate | None:
    if pid.value(7) in ("", NULL):
        return None
    try:
        return parse_date(pid.value(7))
    except HL7Error as error:
        text = gettext_noop("The birth date is not a date. Correct it at the sender.")
        raise Parked(error.code, text, "PID^1^7") from error


_SOURCES = {
    "identifiers": "PID-3",
    "family_name": "PID-5.1",
    "given_name": "PID-5.2",
    "middle_name": "PID-5.3",
    "suffix": "PID-5.4",
    "prefix": "PID-5.5",
    "name_ideographic": "PID-5",
    "name_phonetic": "PID-5",
    "birth_date": "PID-7",
    "birth_date_text": "PID-7",
    "sex": "PID-8",
    "deceased": "PID-30",
    "deceased_at": "PID-29",
}


def _has(pid: Segment, path: str) -> bool:
    number, _, component = path.removeprefix("PID-").partition(".")
    return bool(pid.value(int(number), int(component or 1)))


def event_time(message: Message, peer: Peer) -> datetime | None:
    """EVN-6, EVN-2, else MSH-7, aware (section 5.4); None where none is a time."""
    zone = ZoneInfo(peer.time_zone)
    evn = message.first("EVN")
    told = [evn.value(6), evn.value(2)] if evn else []
    for text in (*told, message.message_time):
        if at := _past(text, message, zone):
            return at
    return None


def _past(text: str, message: Message, zone: ZoneInfo) -> datetime | None:
    """Now at the latest; None for what is no time."""
    if text in ("", NULL):
        return None
    with suppress(HL7Error):
        at = parse_ts(text, zone=zone, message_time=message.message_time).value
        return min(at, datetime.now(UTC))
    return None


def _is_dead(pid: Segment) -> bool:
    """By PID-30, or by a time of death (PID-29) that PID-30 does not deny."""
    told = pid.value(30)
    return told == "Y" or (not told and pid.value(29) not in ("", NULL))


def _died_at(pid: Segment, message: Message, peer: Peer) -> datetime | None:
    if not _is_dead(pid):
        return None
    return _past(pid.value(29), message, ZoneInfo(peer.time_zone))


def _pregnancy(message: Message) -> int | None:
    pv1 = message.first("PV1")
    return Pregnancy.DEFINITELY if pv1 and _ambulatory(pv1) == "B6" else None


def _ambulatory(pv1: Segment) -> str:
    """Of the repetitions pregnancy, else the first: one is kept, and that one warns."""
    told = [rep.value(1) for rep in pv1.repetitions(15)]
    known = [value for value in told if value != NULL]
    return "B6" if "B6" in known else next(iter(known), "")


def _measures(message: Message) -> dict[str, Any]:
    """Weight and height of the person, told before any order (A01, A08)."""
    found = {}
    for observation in patient_group(message).obx:
        for name, kind in (("weight_kg", WEIGHT), ("height_m", HEIGHT)):
            if kind.is_told_by(observation):
                value = kind.read(observation.value(5), observation.value(6, 1))
                found[name] = value
    return found


def _cleared(pid: Segment, message: Message) -> frozenset[str]:
    """What the message deletes by HL7 null; _UNDELETABLE says what never is."""
    names = {name for name, number in _CLEARABLE.items() if pid.is_null(number)}
    if pid.value(30) in ("N", NULL):
        names |= {"deceased", "deceased_at"}
    if pid.value(5, 1) not in ("", NULL):
        names |= {name for name, n in _NAME_PARTS.items() if pid.value(5, n) == NULL}
    if not read_allergies(message) and any(a.is_null(3) for a in message.all("AL1")):
        names.add("allergies")
    return frozenset(names)


def _name(pid: Segment) -> XPN:
    names = XPN.all(pid, 5)
    plain = [n for n in names if n.representation in ("", "A")]
    return (plain or names or [XPN()])[0]


def _other_scripts(pid: Segment) -> dict[str, Any]:
    found: dict[str, Any] = {}
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
    """PID-3; PID-2 and PID-4, deprecated, are read as further ones (section 10)."""
    main = [cx for cx in CX.all(pid, 3) if cx.id.strip()]
    more = [
        cx
        for number in (2, 4)
        for cx in CX.all(pid, number)
        if cx.id.strip() and (cx.authority or cx.universal_id)
    ]
    found = [_identifier(cx, message, peer, "PID^1^3^1^4") for cx in (*main, *more)]
    return tuple(dict.fromkeys(found))


def read_identifiers(
    segment: Segment,
    number: int,
    message: Message,
    peer: Peer,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Identifier, ...]:
    """The CX repetitions of a field such as MRG-1; `kinds` by authority for no CX-5."""
    where = f"{segment.name}^1^{number}^1^4"
    told = [cx for cx in CX.all(segment, number) if cx.id.strip() and cx.id != NULL]
    return tuple(_identifier(cx, message, peer, where, kinds) for cx in told)


def _identifier(
    cx: CX,
    message: Message,
    peer: Peer,
    where: str,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> Identifier:
    authority = canonical(cx.authority, cx.universal_id) or canonical(
        _default_authority(message, peer)
    )
    if not authority:
        raise Parked(
            "101",
            f"An identifier in {where.split('^')[0]} names no assigning authority, and "
            "the sender has no default. Set one on the peer, then replay.",
            where,
        )
    return Identifier(cx.id.strip(), authority, cx.type or kinds.get(authority, "MR"))


def read_accounts(
    segment: Segment, number: int, message: Message, peer: Peer
) -> tuple[Identifier, ...]:
    """As PID-3 names an authority, but never refused for want of one."""
    return _numbers(segment, number, _default_authority(message, peer), message)


def read_visits(
    segment: Segment, number: int, message: Message
) -> tuple[Identifier, ...]:
    """Of the sending facility where no authority is named."""
    return _numbers(segment, number, "", message)


def _numbers(
    segment: Segment, number: int, default: str, message: Message
) -> tuple[Identifier, ...]:
    told = [cx for cx in CX.all(segment, number) if cx.id.strip() not in ("", NULL)]
    issuer = canonical(default) or canonical(message.sending_facility)
    return tuple(
        Identifier(
            cx.id.strip(), canonical(cx.authority, cx.universal_id) or issuer, cx.type
        )
        for cx in told
    )


def _first(numbers: tuple[Identifier, ...]) -> tuple[str, str]:
    return (numbers[0].value, numbers[0].assigning_authority) if numbers else ("", "")


def _default_authority(message: Message, peer: Peer) -> str:
    if peer.default_authority == FROM_FACILITY:
        return message.sending_facility
    return peer.default_authority


def read_visit(
    message: Message, peer: Peer, pv1: Segment | None = None
) -> VisitRequest | None:
    """The visit of PV1-19, else of the account in PID-18; None without either.

    Without PV1 the number is empty: the account alone says which open visit is meant.
    """
    pv1, pid = pv1 or message.first("PV1"), message.first("PID")
    account = read_accounts(pid, 18, message, peer) if pid else ()
    billed, issuer = _first(account)
    if pv1 is None:
        if not billed:
            return None
        return VisitRequest("", account_number=billed, account_authority=issuer)
    number, authority = _first(read_visits(pv1, 19, message) or account)
    if not number:
        return None
    return VisitRequest(
        number=number,
        assigning_authority=authority,
        account_number=billed,
        account_authority=issuer,
        alternate_number=CX.of(pv1, 50).id,
        patient_class=_said(pv1, 2)[:1],
        location=_location(PL.of(pv1, 3)),
        prior_location=_location(PL.of(pv1, 6)),
        attending=xcn_to_pn(pv1, 7),
        referring=xcn_to_pn(pv1, 8),
        ambulatory_status=_ambulatory(pv1),
        cleared=frozenset(n for n, at in _VISIT_CLEARABLE.items() if pv1.is_null(at)),
        event_time=event_time(message, peer),
        sources=_VISIT_SOURCES,
    )


_VISIT_SOURCES = {
    "number": "PV1-19",
    "assigning_authority": "PV1-19.4",
    "account_number": "PID-18",
    "account_authority": "PID-18.4",
    "alternate_number": "PV1-50",
    "patient_class": "PV1-2",
    "location": "PV1-3",
    "prior_location": "PV1-6",
    "attending": "PV1-7",
    "referring": "PV1-8",
    "ambulatory_status": "PV1-15",
}


def _said(segment: Segment, number: int) -> str:
    value = segment.value(number)
    return "" if value == NULL else value


def _location(pl: PL) -> str:
    parts = (pl.point_of_care, pl.room, pl.bed)
    return " ".join(part for part in parts if part and part != NULL)
