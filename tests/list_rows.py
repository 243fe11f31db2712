"""A few rows of everything that a list shows, through the services where there are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import count

from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import (
    DuplicateCandidate,
    ExamRecord,
    HeldChange,
    MergeJournal,
    Order,
    Patient,
    Protocolling,
    SafetyQuestion,
    Tombstone,
)
from orders.services import record_event
from orders.services.safety import answer_questions
from radflow.accounts.models import User
from radflow.demo.clock import clock_at
from radflow.demo.reporting import sign_for
from radflow.messaging.models import (
    AlarmKind,
    ChannelAlarm,
    InboundMessage,
    OutboundMessage,
    Peer,
)
from tests.factories import (
    PeerFactory,
    ProcedureFactory,
    StationFactory,
    make_order,
    patient_request,
)
from worklist.models import PerformedStep, Station
from worklist.services import arrive, book_step

E = Event
_CAUSE = Cause(actor="test")
# What happens to an exam that is booked, by where it ends.
_STORIES: dict[str, tuple[Event, ...]] = {
    "scheduled": (),
    "arrived": (),
    "running": (E.BEGIN,),
    "unread": (E.BEGIN, E.END),
    "preliminary": (E.BEGIN, E.END),
    "critical": (E.BEGIN, E.END),
    "stopped": (E.BEGIN, E.STOP),
}


class Department:
    """One scanner, one sender, and as many rows of each kind as were asked for."""

    def __init__(self, radiologist: User) -> None:
        self.radiologist = radiologist
        self.station: Station = StationFactory.create()
        self.peer: Peer = PeerFactory.create()
        self.count = 0
        self._days = count()
        ProcedureFactory.create(
            code="CTPA", modality="CT", contrast=True, needs_protocol=True
        )
        self.question = SafetyQuestion.objects.create(
            code="EGFR", text="eGFR", kind="number", stops_below=30
        )

    def grow(self, rows: int) -> None:
        while self.count < rows:
            self.count += 1
            self._exams()
            self._people()
            self._messages()

    def _exams(self) -> None:
        self._order()
        for event in (E.HOLD, E.CANCEL):
            _happens(self._order(), event)
        booked = {name: self._booked() for name in _STORIES}
        for name, events in _STORIES.items():
            if name != "scheduled":
                arrive(order_id=booked[name].pk, cause=_CAUSE)
            _happens(booked[name], *events)
        for name in ("preliminary", "critical"):
            sign_for(booked[name], name, self.radiologist)
        self._told(booked)
        self._oddities(booked)

    def _told(self, booked: dict[str, Order]) -> None:
        """What people said of exams: an answer, a protocol, a record."""
        for name in ("arrived", "running"):
            answer_questions(
                order_id=booked[name].pk,
                site=None,
                user=self.radiologist,
                answers={self.question.pk: "25"},
            )
        Protocolling.objects.create(
            order=booked["running"], text="Low dose", exam="CTPA", user=self.radiologist
        )
        ExamRecord.objects.create(order=booked["unread"], user=self.radiologist)

    def _order(self) -> Order:
        """Of an Ada Okafor born on a day of her own: no twins are found."""
        born = date(1990, 1, 1) - timedelta(days=next(self._days))
        patient = patient_request(birth_date=born, birth_date_text=f"{born:%Y%m%d}")
        return make_order(patient=patient, peer=self.peer)

    def _booked(self) -> Order:
        """One after another through the day, in the only room."""
        order = self._order()
        begin = datetime.combine(
            timezone.localdate(), time(), timezone.localtime().tzinfo
        )
        with clock_at(begin):
            book_step(
                order_id=order.pk,
                room_id=self.station.room_id,
                start=begin + timedelta(minutes=order.pk % 1000),
                overbook=True,
                cause=_CAUSE,
            )
        return order

    def _oddities(self, booked: dict[str, Order]) -> None:
        """What reconciliation finds: overdue, without images, held, cancelled early."""
        long_ago = timezone.now() - timedelta(days=1)
        Order.objects.filter(pk=booked["running"].pk).update(started_at=long_ago)
        Order.objects.filter(pk=booked["unread"].pk).update(ended_at=long_ago)
        Order.objects.filter(pk=booked["arrived"].pk).update(scheduled_start=long_ago)
        Order.objects.filter(pk=booked["preliminary"].pk).update(
            identity_conflict="Two people."
        )
        Tombstone.objects.create(met=booked["stopped"], control="CA")
        Order.objects.filter(pk=booked["stopped"].pk).update(needs_attention="Look.")
        HeldChange.objects.create(order=booked["scheduled"], differences=[_DIFFERENCE])
        PerformedStep.objects.create(
            sop_instance_uid=f"1.2.{self.count}",
            status="COMPLETED",
            started_at=long_ago,
            dataset={"00100020": {"vr": "LO", "Value": ["700123"]}},
        )

    def _people(self) -> None:
        first, second = Patient.objects.order_by("-id")[:2]
        DuplicateCandidate.objects.create(first=second, second=first, reasons=["Born"])
        MergeJournal.objects.create(
            kind="merge", survivor=first, retired=second, at=timezone.now()
        )

    def _messages(self) -> None:
        for state, code in (("applied", ""), ("parked", "103"), ("received", "")):
            InboundMessage.objects.create(
                peer=self.peer,
                raw=_RAW,
                body_hash=f"{state}{self.count}".encode(),
                control_id=f"{state}{self.count}",
                message_type="ORM^O01",
                state=state,
                error_code=code,
                holds=state == "parked",
                keys=["O:P1", "P:700123"],
            )
        for state in ("acknowledged", "refused"):
            OutboundMessage.objects.create(
                peer=self.peer,
                raw=_RAW,
                control_id=f"{state}{self.count}",
                message_type="ORU^R01",
                state=state,
                key=f"P{self.count}",
            )
        ChannelAlarm.objects.create(
            peer=PeerFactory.create(), kind=AlarmKind.SILENT, detail="Nothing heard."
        )


_DIFFERENCE = {
    "field": "procedure_code",
    "label": "Procedure",
    "ours": "CTPA",
    "theirs": "CTHEAD",
    "from": "OBR-4",
    "reason": "procedure",
}
_RAW = b"MSH|^~\\&|EHRX|GENHOSP|R|R|20260101||ORM^O01|1|P|2.3.1\rPID|1||7^^^G^MR\r"


def _happens(order: Order, *events: Event) -> None:
    for event in events:
        record_event(order_id=order.pk, event=event, cause=_CAUSE, detail="Because")
