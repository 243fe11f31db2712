"""An appointment of the hospital's scheduler without order, and rooms out of use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from orders.cause import Cause
from orders.requests import Identifier, PatientRequest
from radflow.accounts.models import User
from radflow.demo.cast import AUTHORITY
from radflow.messaging.models import Peer
from worklist.lifecycle import AppointmentEvent
from worklist.models import BlockKind, Room
from worklist.requests import AppointmentRequest, Resource, Service
from worklist.services.blocks import block
from worklist.services.external import hear

BORN = date(1971, 9, 2)


# room, days from today, from and to by the clock of the department, kind, reason
BLOCKS = (
    ("MR 1", 1, time(6), time(7, 30), BlockKind.MAINTENANCE, "Helium refill"),
    ("CT 2", 1, time(7), time(7, 30), BlockKind.QA, "Phantom of the week"),
    ("US 1", 2, time(12), time(13), BlockKind.STAFF, "Ward round"),
)


def write(coordinator: User) -> None:
    _unlinked()
    for room, days, opens, closes, kind, reason in BLOCKS:
        day = timezone.localdate() + timedelta(days=days)
        start, end = (
            timezone.make_aware(datetime.combine(day, at)) for at in (opens, closes)
        )
        block(
            room_id=Room.objects.get(name=room).pk,
            start=start,
            end=end,
            kind=kind,
            reason=reason,
            cause=Cause(user=coordinator),
        )


def _unlinked() -> None:
    scheduler = Peer.objects.get(name="Admissions")
    day = timezone.localtime() + timedelta(days=2)
    start = day.replace(hour=9, minute=40, second=0, microsecond=0)
    hear(
        request=AppointmentRequest(
            event=AppointmentEvent.BOOK,
            filler=("A-20417", "ADTX"),
            placer_orders=(("P-88120", "EHRX"),),
            start=start,
            minutes=20,
            services=(Service("CTCHEST", "CT chest without contrast"),),
            resources=(Resource("AIL", ("CT 2",)),),
            patient=PatientRequest(
                identifiers=(Identifier("00131177", AUTHORITY),),
                family_name="Sandvik",
                given_name="Rolf",
                birth_date=BORN,
                birth_date_text=f"{BORN:%Y%m%d}",
                sex="M",
            ),
        ),
        peer=scheduler,
        cause=Cause(actor=scheduler.name),
    )
