"""A hospital's scheduler for tests: SIU messages as bytes, through the front door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from orders.models import Order
from radflow.messaging.models import InboundMessage
from tests.door import deliver, last_inbound, order_message
from worklist.models import ExternalAppointment

PID = "PID|1||700123^^^GENHOSP^MR||Okafor^Ada||19800514|F"
_ids = iter(range(1, 1_000_000))
CODE = "CTPA^CT pulmonary angiogram^99RADFLOW"


def moment(*, hours: float = 24) -> datetime:
    """A whole minute, so many hours from now."""
    return (timezone.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def siu(
    event: str,
    *,
    start: datetime | None = None,
    minutes: int = 20,
    placer: str = "A1^SCHED",
    filler: str = "",
    order: str = "P1^EHRX",
    filler_order: str = "",
    room: str = "",
    device: str = "",
    pid: str = PID,
    code: str = CODE,
    sent: datetime | None = None,
    status: str = "Booked",
    reason: str = "",
    times: str = "",
    more: str = "",
    action: str = "A",
) -> bytes:
    """2.5.1 with TQ1; without one where `start` is None. `sent` is MSH-7."""
    sch = [""] * 28
    sch[0], sch[1], sch[2] = "SCH", placer, filler
    sch[6], sch[9], sch[10] = reason, str(minutes), "min"
    sch[25], sch[26], sch[27] = status, order, filler_order
    end = start + timedelta(minutes=minutes) if start else None
    tq1 = f"TQ1|1||||||{stamp(start)}|{stamp(end)}" if start and end else ""
    lines = [
        f"MSH|^~\\&|SCHED|GENHOSP|RADFLOW|RADDEPT|{stamp(sent or timezone.now())}||"
        f"SIU^{event}^SIU_S12|S{next(_ids)}|P|2.5.1",
        "|".join(sch).rstrip("|"),
        times or tq1,
        pid,
        f"RGS|1|{action}",
        f"AIS|1|{action}|{code}" if code else "",
        f"AIG|1|{action}|{device}|MOD" if device else "",
        f"AIL|1|{action}|{room}" if room else "",
        more,
    ]
    return ("\r".join(line for line in lines if line) + "\r").encode()


def say(event: str, **changes: object) -> InboundMessage:
    """Delivered and applied; the row of the inbox."""
    (ack,) = deliver(siu(event, **changes))  # type: ignore[arg-type]
    assert ack.code == "AA", ack
    return last_inbound()


def ordered(placer: str = "P1", **changes: str) -> Order:
    """An order that tells no time."""
    number = f"O{next(_ids)}"
    deliver(order_message(placer=placer, control_id=number, **changes))
    assert last_inbound().state == "applied", last_inbound().error_text
    return Order.objects.latest("id")


def appointment(placer: str = "A1") -> ExternalAppointment:
    return ExternalAppointment.objects.get(placer_id=placer)
