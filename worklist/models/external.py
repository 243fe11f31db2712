from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from orders.models import Order, Patient
from radflow.messaging.models import InboundMessage, Peer
from worklist.lifecycle import AppointmentState
from worklist.models.room import Room, Station
from worklist.models.step import ScheduledStep

LIVE = ("requested", "booked", "arrived", "started")


class ExternalAppointment(models.Model):
    """An appointment of a scheduler outside, as its messages (SIU) tell it.

    Known by SCH-2, else SCH-1, within its peer. `placed` where its time is the exam's
    own: a second booking of one exam waits beside it. Without order it waits for one;
    cancelled, deleted or missed before it was booked, it is a tombstone.
    """

    peer = models.ForeignKey(
        Peer, on_delete=models.PROTECT, related_name="appointments"
    )
    placer_id = models.CharField(max_length=199, blank=True, help_text="SCH-1.1")
    placer_namespace = models.CharField(max_length=227, blank=True)
    filler_id = models.CharField(max_length=199, blank=True, help_text="SCH-2.1")
    filler_namespace = models.CharField(max_length=227, blank=True)
    order = models.ForeignKey(
        Order,
        null=True,
        on_delete=models.PROTECT,
        related_name="external_appointments",
    )
    patient = models.ForeignKey(
        Patient,
        null=True,
        on_delete=models.PROTECT,
        related_name="external_appointments",
    )
    state = models.CharField(max_length=10, choices=AppointmentState.choices)
    placed = models.BooleanField(default=False)
    start = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    room = models.ForeignKey(
        Room, null=True, on_delete=models.PROTECT, related_name="+"
    )
    station = models.ForeignKey(
        Station, null=True, on_delete=models.PROTECT, related_name="+"
    )
    order_numbers = ArrayField(
        models.CharField(max_length=199),
        default=list,
        help_text="What may name its order: SCH-26, SCH-27, and SCH-1.",
    )
    patient_keys = ArrayField(
        models.CharField(max_length=500),
        default=list,
        help_text="PID-3 as value and authority, with a bar between.",
    )
    said = models.JSONField(
        default=dict, help_text="Person, services and resources as told last."
    )
    event_time = models.DateTimeField(null=True, help_text="MSH-7 of the last change.")
    double_booked = models.BooleanField(default=False)
    attention = models.CharField(
        max_length=300, blank=True, help_text="Why a person must look at it."
    )
    inbound = models.ForeignKey(
        InboundMessage, null=True, on_delete=models.PROTECT, related_name="+"
    )
    set_aside_at = models.DateTimeField(
        null=True, help_text="A person says that no order belongs to it."
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "worklist_external_appointment"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=AppointmentState.values),
                name="external_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(placer_id="", filler_id=""),
                name="external_has_id",
            ),
            models.UniqueConstraint(
                fields=["peer", "filler_id", "filler_namespace"],
                condition=~models.Q(filler_id=""),
                name="external_once_by_filler",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=models.Q(placed=True),
                name="external_placed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["peer", "placer_id"], name="external_placer"),
            models.Index(
                fields=["start"],
                name="external_waiting",
                condition=models.Q(order=None),
            ),
            GinIndex(fields=["order_numbers"], name="external_numbers"),
            GinIndex(fields=["patient_keys"], name="external_people"),
        ]

    def __str__(self) -> str:
        return f"external appointment {self.pk}"


class AppointmentNotice(models.Model):
    """What a peer was told last of a step's appointment (RAD-48).

    `slot` and `details` are digests: a change of the first is a move (S13), of the
    second alone a change of details (S14).
    """

    step = models.ForeignKey(
        ScheduledStep, on_delete=models.PROTECT, related_name="notices"
    )
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="+")
    booked = models.BooleanField()
    slot = models.CharField(max_length=64)
    details = models.CharField(max_length=64)
    told_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "worklist_appointment_notice"
        constraints = [
            models.UniqueConstraint(fields=["step", "peer"], name="noticed_once")
        ]

    def __str__(self) -> str:
        return f"step {self.step_id} told to peer {self.peer_id}"
