"""An appointment that the hospital's scheduler made and whose order has not come."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from orders.cause import Cause
from orders.requests import Identifier, PatientRequest
from radflow.demo.cast import AUTHORITY
from radflow.messaging.models import Peer
from worklist.lifecycle import AppointmentEvent
from worklist.requests import AppointmentRequest, Resource, Service
from worklist.services.external import hear

BORN = date(1971, 9, 2)


def write() -> None:
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
