"""Taking a merge back: what went over returns, unless it moved on (section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from orders import signals
from orders.cause import Cause
from orders.exceptions import OrderError
from orders.models import (
    MergeJournal,
    Order,
    Patient,
    PatientIdentifier,
    Visit,
)
from orders.services.identifiers import choose_preferred
from orders.services.linking import bring_link_back
from orders.services.patients import lock_both, record
from orders.services.reassigning import MERGE_UNDONE, MOVE_UNDONE, reassign
from radflow import unit
from radflow.live import services as live

_MODELS: dict[str, Any] = {"visit": Visit, "order": Order, "patient": Patient}


class CannotUndo(OrderError):
    """Taken back already, or something later stands on it."""

    code = "MERGE_UNDONE"


@dataclass(frozen=True)
class Undone:
    """`left` counts what had moved on since, and stays where it is."""

    journal: MergeJournal
    left: int


@unit.atomic
def undo_merge(*, journal_id: int, reason: str, cause: Cause) -> Undone:
    """Audited and explained on every order; raises CannotUndo."""
    journal = MergeJournal.objects.select_for_update().get(pk=journal_id)
    _refuse(journal)
    survivor, retired = lock_both(journal.survivor_id, journal.retired_id)
    back = _Back(journal, survivor, retired, cause)
    back.identifiers()
    back.visits()
    back.orders(reason)
    back.links()
    back.values()
    retired.merged_into = None if retired.pk != survivor.pk else retired.merged_into
    for patient in {survivor.pk: survivor, retired.pk: retired}.values():
        patient.version += 1
        patient.save()
        live.publish("patient", patient.pk, patient.version)
        record("patient_unmerged", patient, cause)
    journal.undone_at, journal.undone_by = timezone.now(), cause.user
    journal.undo_reason = reason[:300]
    journal.save()
    signals.merge_undone.send(MergeJournal, journal=journal, cause=cause)
    return Undone(journal, back.left)


def _refuse(journal: MergeJournal) -> None:
    if journal.undone_at:
        raise CannotUndo(gettext_noop("This was taken back already."))
    later = MergeJournal.objects.filter(pk__gt=journal.pk, undone_at=None)
    people = (journal.survivor_id, journal.retired_id)
    if later.filter(kind=MergeJournal.Kind.MERGE, retired__in=people).exists():
        raise CannotUndo(
            gettext_noop(
                "One of the two was merged again later. Take the later merge back "
                "first."
            )
        )


class _Back:
    """Brings back what still is where the journal put it."""

    def __init__(
        self, journal: MergeJournal, survivor: Patient, retired: Patient, cause: Cause
    ) -> None:
        self.moved = journal.moved
        self.is_merge = journal.kind == MergeJournal.Kind.MERGE
        self.survivor = survivor
        self.retired = retired
        self.cause = cause
        self.left = 0

    def identifiers(self) -> None:
        added = self._named("added")
        aliases = self._named("alias")
        rows = PatientIdentifier.objects.filter(patient=self.survivor)
        for row in rows.filter(pk__in=added):
            row.retired_at, row.preferred = timezone.now(), False
            row.save()
        # An alias was the merge's word alone: whoever has that number is somebody new.
        rows.filter(pk__in=self._named("made")).delete()
        for row in rows.filter(pk__in=aliases):
            row.patient, row.preferred = self.retired, False
            row.save()
        wanted = self.moved["identifiers"]
        for row in self._still_here(rows.filter(pk__in=wanted), len(wanted)):
            row.patient, row.retired_at = self.retired, None
            row.save()
        for owner in {self.survivor.pk: self.survivor, self.retired.pk: self.retired}:
            choose_preferred(
                list(PatientIdentifier.objects.filter(patient_id=owner)), []
            )

    def visits(self) -> None:
        wanted = self.moved["visits"]
        found = Visit.objects.filter(pk__in=wanted, patient=self.survivor)
        for visit in self._still_here(found, len(wanted)):
            visit.patient = self.retired
            visit.save()

    def orders(self, reason: str) -> None:
        title = MERGE_UNDONE if self.is_merge else MOVE_UNDONE
        wanted = self.moved["orders"]
        found = Order.objects.select_for_update().filter(
            pk__in=wanted, patient=self.survivor
        )
        for order in self._still_here(found.order_by("pk"), len(wanted)):
            reassign(
                order, self.retired, title=title, detail=reason[:400], cause=self.cause
            )

    def links(self) -> None:
        for pk in self._named("link"):
            key = f"link:{pk}"
            before, became = self.moved["changed"][key], self.moved["became"][key]
            self.left += not bring_link_back(pk, before, became)

    def values(self) -> None:
        """Values of visits and orders, where nobody has changed them since."""
        for key, before in self.moved["changed"].items():
            kind, _, pk = key.partition(":")
            if kind not in _MODELS:
                continue
            row = self._row(kind, int(pk))
            became = self.moved.get("became", {}).get(key, {})
            if self._moved_on(row, became):
                self.left += 1
                continue
            for name, value in before.items():
                setattr(row, name, value)
            row.save()

    def _row(self, kind: str, pk: int) -> Any:
        """The people of the journal are at hand, and are saved at the end."""
        if kind == "patient":
            return self.survivor
        return _MODELS[kind].objects.select_for_update().get(pk=pk)

    def _moved_on(self, row: Any, became: dict[str, Any]) -> bool:
        people = (self.survivor.pk, self.retired.pk)
        if getattr(row, "patient_id", people[0]) not in people:
            return True
        return any(getattr(row, name) != value for name, value in became.items())

    def _named(self, kind: str) -> list[int]:
        keys = (key.partition(":") for key in self.moved["changed"])
        return [int(pk) for name, _, pk in keys if name == kind]

    def _still_here(self, found: Any, expected: int) -> list[Any]:
        rows = list(found)
        self.left += expected - len(rows)
        return rows
