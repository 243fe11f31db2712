"""Two weeks of invented work, told through the services with the clock set back."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from orders.cause import Cause
from orders.lifecycle import Event
from orders.models import Order
from orders.requests import Code, OrderRequest, ScheduleRequest, VisitRequest
from orders.services import place_order, record_event
from radflow.accounts.models import User
from radflow.demo.cast import CAST, PROVIDERS, Person
from radflow.demo.clock import clock_at
from radflow.demo.reporting import sign_for
from radflow.demo.simulator.hospital import REASONS
from radflow.demo.site import PROCEDURES, ROOMS
from worklist.exceptions import WorklistError
from worklist.models import Room, Study
from worklist.services import arrive, book_step

FOX = {"id": "3002", "family": "Fox", "given": "Sam", "prefix": "Dr"}
DAYS = 14
PER_DAY = 4


@dataclass(frozen=True)
class Exam:
    """One story: how far it came. `ago` is when it was ordered."""

    person: Person
    procedure: tuple[str, str, str, str, int]
    ago: timedelta
    until: str
    priority: str = "R"
    side: str = ""


def write(people: dict[str, User]) -> int:
    """Write past and present; returns the number of orders."""
    rng = random.Random(26)
    stories = [*_past(rng), *_today(rng)]
    for number, exam in enumerate(stories):
        _Story(exam, number, people, rng).tell()
    return len(stories)


def _past(rng: random.Random) -> list[Exam]:
    """Finished exams, a few an hour, over the days before today."""
    found = []
    for day in range(1, DAYS + 1):
        for index in range(PER_DAY):
            ago = timedelta(days=day, hours=index * 2, minutes=rng.randint(0, 59))
            until = "cancelled" if rng.random() < 0.08 else "final"
            exam = Exam(
                rng.choice(CAST),
                rng.choice(PROCEDURES),
                ago,
                until,
                rng.choices("SAR", weights=(1, 2, 5))[0],
            )
            found.append(exam)
    return found


_TODAY = (
    "ordered ordered ordered ordered ordered scheduled scheduled scheduled scheduled "
    "scheduled scheduled arrived arrived arrived in_progress in_progress performed "
    "performed performed performed performed preliminary preliminary final final "
    "final on_hold cancelled discontinued critical"
).split()


def _today(rng: random.Random) -> list[Exam]:
    """One exam per patient, so that every state has somebody in it."""
    exams = []
    for index, until in enumerate(_TODAY):
        procedure = PROCEDURES[index % len(PROCEDURES)]
        paired = procedure[3] in ("HIP", "KNEE", "WRIST")
        side = rng.choice(("LEFT", "RIGHT")) if paired else ""
        exams.append(
            Exam(
                CAST[index % len(CAST)],
                procedure,
                timedelta(minutes=30 + 9 * (len(_TODAY) - index)),
                until,
                "SAR"[min(index % 5, 2)],
                side,
            )
        )
    return exams


_AFTER = {
    "scheduled": (),
    "arrived": ("arrive",),
    "in_progress": ("arrive", "begin"),
    "performed": ("arrive", "begin", "end"),
    "preliminary": ("arrive", "begin", "end", "preliminary"),
    "final": ("arrive", "begin", "end", "final"),
    "critical": ("arrive", "begin", "end", "critical"),
    "discontinued": ("arrive", "begin", "stop"),
}


class _Story:
    """Plays one exam up to where it stands, each step at its own moment."""

    def __init__(
        self, exam: Exam, number: int, people: dict[str, User], rng: random.Random
    ) -> None:
        self.exam = exam
        self.number = number
        self.people = people
        self.rng = rng
        self.moment = timezone.now() - exam.ago

    def tell(self) -> None:
        with clock_at(self.moment):
            order = self._place()
        Order.objects.filter(pk=order.pk).update(
            created_at=self.moment, status_since=self.moment
        )
        until = self.exam.until
        if until == "cancelled":
            self._event(order, Event.CANCEL, "coord", "Duplicate order")
        elif until == "on_hold":
            self._event(order, Event.HOLD, "coord", "Patient ate, wait until noon")
        elif until != "ordered":
            self._book(order)
            for step in _AFTER[until]:
                self._do(step, order)

    def _place(self) -> Order:
        code, text, modality, _, _ = self.exam.procedure
        request = OrderRequest(
            sender_application="EHRX",
            sender_facility="GENHOSP",
            placer_order_number=f"P{90000 + self.number}",
            placer_namespace="EHRX",
            procedure=Code(code, text, "99RADFLOW"),
            modality=modality,
            laterality=self.exam.side,
            priority=self.exam.priority,
            reason=Code("", self.rng.choice(REASONS), ""),
            ordering_provider=PROVIDERS[self.number % len(PROVIDERS)],
            event_time=self.moment,
            schedule=ScheduleRequest(),
        )
        return place_order(
            patient=self.exam.person.request(),
            visit=VisitRequest(
                number=f"V{80000 + self.number}",
                patient_class="O",
                location=self.exam.person.ward,
            ),
            order=request,
            cause=self._cause("coord"),
        ).order

    def _cause(self, username: str) -> Cause:
        return Cause(user=self.people[username], at=self.moment)

    def _book(self, order: Order) -> None:
        """In the first room of the modality that is free from here on."""
        rooms = [room[0] for room in ROOMS if room[4] == order.modality]
        self._later(5)
        future = self.exam.until in ("scheduled", "arrived")
        start = timezone.now() + timedelta(minutes=10) if future else self.moment
        start = start.replace(second=0, microsecond=0)
        for attempt in range(60):
            room = Room.objects.get(name=rooms[attempt % len(rooms)])
            at = start + timedelta(minutes=10 * (attempt // len(rooms)))
            try:
                with clock_at(self.moment):
                    book_step(
                        order_id=order.pk,
                        room_id=room.pk,
                        start=at,
                        cause=self._cause("coord"),
                    )
            except WorklistError:
                continue
            return

    def _do(self, step: str, order: Order) -> None:
        self._later(self.rng.randint(4, 9))
        if step == "critical":
            # Its ladder is to climb before the visitor's eyes.
            self.moment = timezone.now() - timedelta(seconds=5)
        if step == "arrive":
            with clock_at(self.moment):
                arrive(order_id=order.pk, cause=self._cause("coord"))
        elif step == "begin":
            self._event(order, Event.BEGIN, "tech", "")
        elif step == "stop":
            self._event(order, Event.STOP, "tech", "Patient refused")
        elif step == "end":
            self._end(order)
        else:
            with clock_at(self.moment):
                sign_for(order, step, self.people["rad"])

    def _end(self, order: Order) -> None:
        Study.objects.create(
            order=order,
            study_instance_uid=order.study_instance_uid,
            started_at=self.moment - timedelta(minutes=5),
            ended_at=self.moment,
            series_count=2,
            instance_count=self.rng.randint(20, 420),
            retrieve_ae_title="PACS1",
        )
        self._event(order, Event.END, "tech", "")

    def _event(self, order: Order, event: Event, username: str, detail: str) -> None:
        with clock_at(self.moment):
            record_event(
                order_id=order.pk,
                event=event,
                cause=self._cause(username),
                detail=detail,
            )

    def _later(self, minutes: int) -> None:
        """Time goes on, but never past now."""
        latest = timezone.now() - timedelta(seconds=20)
        self.moment = min(self.moment + timedelta(minutes=minutes), latest)
