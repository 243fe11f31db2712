from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from radflow.messaging.models import OutboundMessage, Peer
from radflow.sites.models import Site
from worklist.models.node import DicomNode


class RoutingRule(models.Model):
    """Where news of a performed exam goes: of each kind the first rule that fits.

    Empty conditions let every exam pass. A rule chooses alone: what a node wants by
    itself counts only where no rule fits.
    """

    class Kind(models.TextChoices):
        STEPS = "steps", _("Performed steps (MPPS)")
        AVAILABILITY = "available", _("Availability of images (IAN)")
        READING = "reading", _("Performed exam, to a reading service (HL7)")

    name = models.CharField(_("Name"), max_length=60, unique=True)
    kind = models.CharField(_("What is told"), max_length=10, choices=Kind.choices)
    position = models.PositiveIntegerField(editable=False)
    enabled = models.BooleanField(_("In use"), default=True)
    modalities = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    procedures = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    routes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    sites = models.ManyToManyField(
        Site, blank=True, related_name="+", db_table="worklist_routing_site"
    )
    nodes = models.ManyToManyField(
        DicomNode, blank=True, related_name="+", db_table="worklist_routing_node"
    )
    peers = models.ManyToManyField(
        Peer, blank=True, related_name="+", db_table="worklist_routing_peer"
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        db_table = "worklist_routing"
        ordering = ["kind", "position", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.name != self.name.strip():
            raise ValidationError({"name": _("Without spaces around it.")})


class ExamRoute(models.Model):
    """The route that the ordering system named, by a Z segment of its contract."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="route")
    route = models.CharField(max_length=60)

    class Meta:
        db_table = "worklist_exam_route"

    def __str__(self) -> str:
        return f"route of order {self.order_id}"


class NoticeQuerySet(models.QuerySet["ReadingNotice"]):
    def shown(self) -> NoticeQuerySet:
        """As pages tell of them: without the bytes of the message."""
        found = self.select_related("peer", "message")
        return found.defer("message__raw", "message__ack_raw")


class ReadingNotice(models.Model):
    """That a reading service was told of a performed exam, and by which rule."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="reading_notices"
    )
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="+")
    message = models.OneToOneField(
        OutboundMessage, on_delete=models.PROTECT, related_name="+"
    )
    why = models.CharField(max_length=60, help_text="The rule's name at that time.")
    at = models.DateTimeField(db_default=Now())

    objects = NoticeQuerySet.as_manager()

    class Meta:
        db_table = "worklist_reading_notice"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"notice {self.pk} to peer {self.peer_id}"
