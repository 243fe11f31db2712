from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Now

from orders.models import Order
from worklist.lifecycle import AppointmentState
from worklist.models.room import Room, Station


class ScheduledStep(models.Model):
    """A scheduled procedure step (SPS): one piece of work on one device (PS3.3 C.4.10).

    `station` is null while any station of the modality may take it. Its status is
    the order's; a step that was performed or dropped is `closed`. `description` and
    the protocol are empty while the order's own serve. `made_for` is the order's
    modality when it was planned: a procedure of another kind makes it worthless.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="steps")
    step_id = models.CharField(max_length=16)
    modality = models.CharField(max_length=16)
    made_for = models.CharField(max_length=16, default="")
    protocol_code = models.CharField(max_length=64, blank=True)
    protocol_text = models.CharField(max_length=200, blank=True)
    protocol_system = models.CharField(max_length=64, blank=True)
    station = models.ForeignKey(
        Station, null=True, on_delete=models.PROTECT, related_name="steps"
    )
    station_ae_title = models.CharField(
        max_length=16, blank=True, help_text="As ordered, also where we know no such."
    )
    start = models.DateTimeField()
    duration_minutes = models.PositiveSmallIntegerField(default=20)
    description = models.CharField(max_length=64, blank=True)
    closed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "worklist_step"
        ordering = ["start", "id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "step_id"], name="step_once")
        ]
        indexes = [
            models.Index(fields=["start", "modality"], name="step_start"),
            models.Index(
                fields=["modality", "start"],
                name="step_open_modality",
                condition=models.Q(closed=False),
            ),
            models.Index(
                fields=["station_ae_title", "start"],
                name="step_open_station",
                condition=models.Q(closed=False),
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.step_id} of order {self.order_id}"


class Appointment(models.Model):
    """A room's time, given to a step: its exam, and set-up and clean-up around it.

    The database refuses two that overlap in one room, unless one is `overbooked`:
    booked by an authority outside that we do not overrule.
    """

    step = models.ForeignKey(
        ScheduledStep, on_delete=models.PROTECT, related_name="appointments"
    )
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="bookings")
    during = DateTimeRangeField(help_text="[start, end), UTC.")
    state = models.CharField(
        max_length=10, choices=AppointmentState.choices, default=AppointmentState.BOOKED
    )
    overbooked = models.BooleanField(default=False)
    overbooked_why = models.CharField(max_length=200, blank=True)
    reason_code = models.CharField(
        max_length=6, blank=True, help_text="Why it was given up, CID 9300."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "worklist_appointment"
        constraints = [
            ExclusionConstraint(
                name="room_booked_once",
                # btree_gist is not in the embedded wheel: a one-value range will do.
                expressions=[
                    (
                        Func(
                            F("room_id"),
                            F("room_id"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (F("during"), RangeOperators.OVERLAPS),
                ],
                condition=models.Q(state__in=["booked", "arrived", "started"])
                & models.Q(overbooked=False),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=AppointmentState.values),
                name="appointment_state_known",
            ),
            models.UniqueConstraint(
                fields=["step"],
                condition=models.Q(state__in=["booked", "arrived", "started"]),
                name="step_booked_once",
            ),
        ]
        indexes = [GistIndex(fields=["during"], name="appointment_during")]

    def __str__(self) -> str:
        return f"appointment {self.pk}"
