"""Who may call: AE title, address and certificate together, over real sockets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from radflow.accounts.models import User
from radflow.dicom.client import ScannerClient
from radflow.dicom.errors import PeerError
from radflow.dicom.exchange import AssociationInfo
from radflow.hl7.tls import client_context, server_context
from tests.hl7.certificates import Issued, issue, needs_openssl
from tests.worklist.department import Department
from worklist.dicom.service import DicomService
from worklist.models import RefusedCaller, Station
from worklist.selectors.callers import SHOWN, comes_from
from worklist.services.callers import keep_refused
from worklist.services.stations import change_station

WHY = RefusedCaller.Why


def refused(scanner: ScannerClient) -> bool:
    try:
        return scanner.echo() != 0
    except PeerError:
        return True


def kept() -> set[tuple[str, str, int]]:
    return set(RefusedCaller.objects.values_list("calling_ae", "why", "times"))


def test_a_station_calls_from_its_addresses_alone(
    department: Department, station: Station
) -> None:
    for addresses, welcome in (
        ([], True),
        (["127.0.0.1"], True),
        (["10.1.0.0/16", "127.0.0.0/8"], True),
        (["10.1.0.0/16"], False),
    ):
        Station.objects.filter(pk=station.pk).update(addresses=addresses)
        assert refused(department.scanner("CT1_AE")) is not welcome, addresses
    assert kept() == {("CT1_AE", WHY.ADDRESS, 1)}


@pytest.mark.parametrize(
    ("networks", "address", "welcome"),
    [
        (["10.4.2.0/24"], "::ffff:10.4.2.9", True),
        (["10.4.2.0/24"], "10.4.3.9", False),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["10.4.2.0/24"], "", False),
        ([], "", True),
    ],
)
def test_addresses_are_compared_as_numbers(
    networks: list[str], address: str, welcome: bool
) -> None:
    assert comes_from(networks, address) is welcome


def test_refused_callers_are_kept_and_counted(
    department: Department, station: Station
) -> None:
    for _ in range(3):
        assert refused(department.scanner("STRANGER"))
    Station.objects.filter(pk=station.pk).update(enabled=False)
    assert refused(department.scanner("CT1_AE"))
    assert refused(replace(department.scanner("CT1_AE"), called_ae="OTHER"))
    assert kept() == {
        ("STRANGER", WHY.UNKNOWN, 3),
        ("CT1_AE", WHY.DISABLED, 1),
        ("CT1_AE", WHY.CALLED, 1),
    }
    assert set(RefusedCaller.objects.values_list("address")) == {("127.0.0.1",)}


@pytest.mark.django_db
def test_no_flood_of_names_grows_the_list(station: Station) -> None:
    for number in range(SHOWN + 5):
        info = AssociationInfo(f"AE{number}", "RADFLOW", "10.0.0.1", 1, 0, "a")
        keep_refused(info, WHY.UNKNOWN)
    titles = set(RefusedCaller.objects.values_list("calling_ae", flat=True))
    assert len(titles) == SHOWN
    assert {"AE204", "AE5"} <= titles
    assert "AE4" not in titles


@pytest.mark.django_db
def test_new_settings_begin_a_new_count(
    station: Station, interface_admin: User
) -> None:
    info = AssociationInfo("CT1_AE", "RADFLOW", "10.0.0.1", 1, 0, "a")
    keep_refused(info, WHY.ADDRESS)
    change_station(
        station_id=station.pk,
        values={"addresses": ["10.0.0.1"]},
        revision=station.revision,
        by=interface_admin,
    )
    assert kept() == set()


@pytest.fixture
def scanners(tmp_path: Path) -> dict[str, Issued]:
    """Two scanners' keys, each its own authority, and ours."""
    return {name: issue(tmp_path, name) for name in ("localhost", "ct1", "ct2")}


@pytest.fixture
def secure(
    transactional_db: None, scanners: dict[str, Issued], tmp_path: Path
) -> Iterator[DicomService]:
    authority = tmp_path / "ca.pem"
    known = (scanners[name].certificate.read_text() for name in ("ct1", "ct2"))
    authority.write_text("".join(known))
    ours = scanners["localhost"]
    tls = server_context(ours.certificate, ours.key, client_ca=authority)
    service = DicomService("RADFLOW", "127.0.0.1", 0, tls=tls)
    service.start()
    yield service
    service.stop()


def calling(
    service: DicomService, scanners: dict[str, Issued], own: str
) -> ScannerClient:
    shown = scanners[own]
    tls = client_context(
        ca=scanners["localhost"].certificate,
        certificate=shown.certificate,
        key=shown.key,
    )
    return ScannerClient(
        "127.0.0.1", service.tls_port, "CT1_AE", "RADFLOW", 10.0, tls=tls
    )


def fingerprint(issued: Issued) -> str:
    pem = issued.certificate.read_text()
    return sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


@needs_openssl
def test_a_pinned_certificate_lets_in_nobody_else(
    secure: DicomService, scanners: dict[str, Issued], station: Station
) -> None:
    Station.objects.filter(pk=station.pk).update(
        certificate=fingerprint(scanners["ct1"])
    )
    assert calling(secure, scanners, "ct1").echo() == 0
    assert refused(calling(secure, scanners, "ct2")), "trusted, and not this station's"
    plain = ScannerClient("127.0.0.1", secure.port, "CT1_AE", "RADFLOW", 10.0)
    assert refused(plain), "no certificate at all"
    (caller,) = RefusedCaller.objects.filter(why=WHY.CERTIFICATE)
    assert caller.times == 2


@needs_openssl
def test_a_stalled_handshake_keeps_nobody_waiting(
    secure: DicomService, scanners: dict[str, Issued], station: Station
) -> None:
    stalled = [
        socket.create_connection(("127.0.0.1", secure.tls_port)) for _ in range(5)
    ]
    try:
        assert calling(secure, scanners, "ct1").echo() == 0
    finally:
        for connection in stalled:
            connection.close()
