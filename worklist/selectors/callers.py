"""Who may call our DICOM ports: AE title, address and certificate together."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db.models import QuerySet

from radflow.dicom.exchange import AssociationInfo
from worklist.models import DicomExchange, DicomNode, RefusedCaller, Station

Why = RefusedCaller.Why
SHOWN = 200


def refusal(caller: AssociationInfo) -> Why | None:
    """Why it gets no association; None when it is welcome."""
    station = Station.objects.filter(ae_title=caller.calling_ae).first()
    if station is None:
        return None if _is_welcome(caller.calling_ae) else Why.UNKNOWN
    if not station.enabled:
        return Why.DISABLED
    if not comes_from(station.addresses, caller.address):
        return Why.ADDRESS
    if station.certificate and station.certificate != caller.certificate:
        return Why.CERTIFICATE
    return None


def _is_welcome(ae_title: str) -> bool:
    """An archive that tells of its images, or anybody where all are welcome."""
    if settings.ACCEPT_UNKNOWN_STATIONS:
        return True
    return DicomNode.objects.filter(ae_title=ae_title, enabled=True).exists()


def comes_from(networks: list[str], address: str) -> bool:
    """Without networks from anywhere; what is no address comes from nowhere."""
    if not networks:
        return True
    try:
        there = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(there, IPv6Address) and there.ipv4_mapped:
        there = there.ipv4_mapped
    return any(there in ip_network(network) for network in networks)


def known_station(ae_title: str) -> Station | None:
    found = Station.objects.select_related("room__site")
    return found.filter(ae_title=ae_title, enabled=True).first()


def station_named(text: str) -> Station | None:
    """By AE title, else by name in any case where only one has it."""
    found = Station.objects.select_related("room__site")
    by_title = found.filter(ae_title=text).first()
    if by_title:
        return by_title
    named = list(found.filter(name__iexact=text)[:2])
    return named[0] if len(named) == 1 else None


def refused_callers() -> QuerySet[RefusedCaller]:
    """The last first, at most SHOWN are kept."""
    return RefusedCaller.objects.all()


def asked_since(station: Station, now: datetime) -> QuerySet[DicomExchange]:
    """The worklist queries of the last day, newest first."""
    return DicomExchange.objects.filter(
        calling_ae=station.ae_title,
        kind=DicomExchange.Kind.FIND,
        at__gt=now - timedelta(days=1),
    ).order_by("-at", "-id")
