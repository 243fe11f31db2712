"""By which way a sender may come, and what it may do with its control IDs."""

from __future__ import annotations

import pytest

from radflow.hl7.acks import read_ack
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage, Listener, Peer
from tests.door import order_message
from tests.factories import PeerFactory

NO_CHARSET = "The character set of this peer does not exist"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hospital(db: None) -> Peer:
    return PeerFactory.create(sending_application="EHRX", sending_facility="GENHOSP")


def code_of(raw: bytes, *, port: int = 2575, certificate: str = "") -> str:
    received = Received(raw, "192.0.2.7:5000", port, certificate)
    (answer,) = Intake().receive([received])
    assert isinstance(answer, bytes)
    ack = read_ack(answer)
    return f"{ack.code} {ack.error_code}".strip()


def change(peer: Peer, **values: object) -> None:
    Peer.objects.filter(pk=peer.pk).update(**values)


@pytest.mark.parametrize(
    ("networks", "code"),
    [
        ([], "AA"),
        (["192.0.2.0/24"], "AA"),
        (["10.0.0.0/8", "192.0.2.7"], "AA"),
        (["10.0.0.0/8"], "AR 103"),
        (["nonsense"], "AR 103"),
    ],
)
def test_only_from_its_addresses(
    hospital: Peer, networks: list[str], code: str
) -> None:
    change(hospital, networks=networks)
    assert code_of(order_message()) == code
    assert InboundMessage.objects.count() == 1


def test_only_by_its_listener(hospital: Peer) -> None:
    change(hospital, listener=Listener.objects.create(name="TLS", port=2600))
    assert code_of(order_message()) == "AR 103"
    assert code_of(order_message(), port=2600) == "AA"


def test_only_with_its_certificate(hospital: Peer) -> None:
    change(hospital, certificate="ab" * 32)
    assert code_of(order_message()) == "AR 103"
    assert code_of(order_message(), certificate="cd" * 32) == "AR 103"
    assert code_of(order_message(), certificate="AB" * 32) == "AA"


def test_a_further_version_is_taken_from_whom_it_is_agreed_with(
    hospital: Peer,
) -> None:
    raw = order_message(version="2.9")
    assert code_of(raw) == "AR 203"
    change(hospital, extra_versions=["2.9"])
    assert code_of(raw) == "AA"


@pytest.mark.parametrize(
    ("broken", "warning"),
    [
        ({"time_zone": "Mars/Base"}, "The time zone of this peer does not exist"),
        ({"fallback_charset": "klingon"}, NO_CHARSET),
        ({"fallback_charset": "hex"}, NO_CHARSET),
        ({"fallback_charset": "undefined"}, NO_CHARSET),
        ({"fallback_charset": "utf_16"}, NO_CHARSET),
    ],
)
def test_a_setting_that_does_not_exist_refuses_no_message(
    hospital: Peer, broken: dict[str, str], warning: str
) -> None:
    change(hospital, **broken)
    raw = order_message().replace(b"Okafor", b"Ok\xe4for")
    assert code_of(raw) == "AA"
    assert warning in InboundMessage.objects.get().warnings


def test_a_reused_control_id_is_refused_where_the_profile_says_so(
    hospital: Peer,
) -> None:
    change(hospital, reused_id="reject")
    assert code_of(order_message(placer="P1")) == "AA"
    assert code_of(order_message(placer="P2")) == "AE 205"
    row = InboundMessage.objects.latest("id")
    assert (row.state, row.control_id_reused) == ("rejected", True)
    assert code_of(order_message(placer="P1")) == "AA"


def test_a_message_knows_by_which_settings_it_was_read(hospital: Peer) -> None:
    change(hospital, revision=7)
    code_of(order_message())
    assert InboundMessage.objects.get().peer_revision == 7
