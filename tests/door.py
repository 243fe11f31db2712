"""The hospital's door for tests: bytes in, as the listener and a worker take them."""

from __future__ import annotations

from pathlib import Path

from radflow.hl7.acks import Ack, read_ack
from radflow.messaging.drain import drain
from radflow.messaging.intake import Intake, Received
from radflow.messaging.models import InboundMessage

SAMPLES = Path(__file__).parent / "samples" / "hl7"


def sample(name: str) -> bytes:
    """A sample by the beginning of its file name, such as `01_`."""
    (path,) = SAMPLES.glob(f"{name}*.hl7")
    return path.read_bytes()


def deliver(*raws: bytes) -> list[Ack]:
    """Receive these messages, apply what was taken, return the acknowledgements."""
    answers = Intake().receive([Received(raw, "192.0.2.1:5000") for raw in raws])
    drain()
    return [read_ack(answer) for answer in answers if isinstance(answer, bytes)]


def last_inbound() -> InboundMessage:
    return InboundMessage.objects.latest("id")


def order_message(
    *,
    control_id: str = "C1",
    control: str = "NW",
    placer: str = "P1",
    version: str = "2.3.1",
    kind: str = "ORM^O01",
    pid: str = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F",
    orc: str = "",
    obr: str = "CTPA^CT pulmonary angiogram^99RADFLOW",
    more: str = "",
) -> bytes:
    """An order with only what a sender must say; `orc` follows ORC-2, `more` OBR-4."""
    lines = [
        f"MSH|^~\\&|EHRX|GENHOSP|RADFLOW|RADDEPT|20261123083000||{kind}|{control_id}"
        f"|P|{version}",
        pid,
        f"ORC|{control}|{placer}^EHRX{orc}",
        f"OBR|1|{placer}^EHRX||{obr}{more}",
    ]
    return ("\r".join(line for line in lines if line) + "\r").encode()
