"""`manage.py hl7 ...`, as somebody at a shell sees it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from radflow.accounts.models import User
from radflow.audit.models import AuditEntry
from radflow.hl7.framing import frame
from radflow.messaging.models import InboundMessage, InboundState
from tests.door import deliver, order_message
from tests.factories import PeerFactory
from tests.messaging.receiver import Receiver, answer_with

pytestmark = pytest.mark.django_db(transaction=True)
# No birth date.
BROKEN = order_message(pid="PID|1||700123^^^GENHOSP^MR||Okafor^Ada||1980XX")


def run(*words: Any) -> tuple[list[str], str]:
    """The lines that were printed, and the fault that the exit code 1 stands for."""
    out = io.StringIO()
    try:
        call_command("hl7", *map(str, words), stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), ""


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "order.hl7"
    path.write_bytes(order_message().replace(b"\r", b"\n"))
    return path


def test_a_file_is_sent_as_the_wire_wants_it(order: Path) -> None:
    with Receiver() as hospital:
        lines, fault = run("send", order, "--to", f"127.0.0.1:{hospital.port}")
    assert (lines, fault) == (["C1  AA  101 PID^1^3 Mend it."], "")
    assert hospital.received == [order_message()]


def test_a_peer_is_sent_to_by_its_name(order: Path) -> None:
    with Receiver() as hospital:
        PeerFactory.create(name="PACS", host="127.0.0.1", port=hospital.port)
        _, fault = run("send", order, "--to", "PACS")
    assert fault == ""
    assert len(hospital.received) == 1


def test_what_is_refused_is_counted_in_the_fault(order: Path) -> None:
    with Receiver(answer_with("AE"), answer_with("AA")) as hospital:
        lines, fault = run("send", order, order, "--to", f"127.0.0.1:{hospital.port}")
    assert [line[:6] for line in lines] == ["C1  AE", "C1  AA"]
    assert fault == "1 of 2 not accepted."


def test_an_answer_to_another_message_is_no_acceptance(order: Path) -> None:
    with Receiver(answer_with("AA", control_id="OTHER")) as hospital:
        lines, fault = run("send", order, "--to", f"127.0.0.1:{hospital.port}")
    assert lines == ["C1  AA  answers another message"]
    assert fault


def test_nobody_there_is_told(order: Path) -> None:
    lines, fault = run("send", order, "--to", "127.0.0.1:1", "--timeout", "1")
    assert lines[0].startswith("C1  --  ")
    assert fault == "1 of 1 not accepted."


@pytest.mark.parametrize("to", ["nobody", "host:99999", ":1"])
def test_an_unknown_receiver_is_told(order: Path, to: str) -> None:
    assert "nor is it HOST:PORT" in run("send", order, "--to", to)[1]


@pytest.mark.parametrize(
    "raw",
    [
        b"".join(order_message(control_id=f"C{n}") for n in range(3)),
        b"".join(frame(order_message(control_id=f"C{n}")) for n in range(3)),
        b"BHS|^~\\&|A|B\r"
        + b"".join(order_message(control_id=f"C{n}") for n in range(3))
        + b"BTS|3\r",
    ],
    ids=["many", "frames", "batch"],
)
def test_a_file_may_hold_many(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "many.hl7"
    path.write_bytes(raw)
    with Receiver() as hospital:
        lines, _ = run("send", path, "--to", f"127.0.0.1:{hospital.port}")
    assert [line.split()[0] for line in lines] == ["C0", "C1", "C2"]
    assert hospital.connections == 1


def test_a_file_that_conforms_is_no_fault(order: Path) -> None:
    lines, fault = run("check", order, "--errors-only")
    assert (lines, fault) == ([], "")


def test_findings_are_printed_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "wrong.hl7"
    path.write_bytes(order_message() + order_message(control="", version="2.5.1"))
    lines, fault = run("check", path)
    assert f"{path}:2: error 101 ORC^1^1 Required: Order control." in lines
    assert fault == "1 errors."


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "No such file" in run("check", tmp_path / "none.hl7")[1]


def test_the_tail_shows_messages_and_no_patient() -> None:
    PeerFactory.create(name="EHR", sending_application="EHRX")
    deliver(order_message(), BROKEN.replace(b"C1", b"C2"))
    lines, _ = run("tail", "--once")
    assert "  in   EHR                   ORM^O01   C1 " in lines[0]
    assert "parked" in lines[1]
    assert "Okafor" not in "".join(lines)
    assert "700123" not in "".join(lines)


def test_the_tail_can_be_narrowed() -> None:
    PeerFactory.create(name="EHR", sending_application="EHRX")
    deliver(order_message(), BROKEN.replace(b"C1", b"C2"))
    assert len(run("tail", "--once", "--state", "parked")[0]) == 1
    assert len(run("tail", "--once", "--type", "ORM")[0]) == 2
    assert run("tail", "--once", "--type", "ADT")[0] == []
    assert run("tail", "--once", "--peer", "Other")[0] == []


@pytest.fixture
def parked() -> InboundMessage:
    PeerFactory.create(name="EHR", sending_application="EHRX")
    deliver(BROKEN)
    message = InboundMessage.objects.get()
    assert message.state == InboundState.PARKED
    return message


def test_a_replay_is_recorded_under_a_name(
    parked: InboundMessage, interface_admin: User
) -> None:
    lines, fault = run("replay", parked.pk, "--by", interface_admin.username)
    assert (len(lines), fault) == (1, "")
    parked.refresh_from_db()
    assert parked.state == InboundState.RECEIVED
    assert AuditEntry.objects.filter(actor=interface_admin).exists()


def test_a_dry_run_replays_nothing(parked: InboundMessage) -> None:
    lines, fault = run("replay", "--state", "parked", "--peer", "EHR", "--dry-run")
    assert lines[-1] == "1 messages; nothing was done."
    assert fault == ""
    parked.refresh_from_db()
    assert parked.state == InboundState.PARKED


def test_a_replay_needs_somebody_who_may(parked: InboundMessage) -> None:
    assert "--by" in run("replay", parked.pk)[1]
    assert "may not" in run("replay", parked.pk, "--by", "nobody")[1]
    assert "No such message: 999." in run("replay", 999)[1]
    assert "by ID" in run("replay")[1]
