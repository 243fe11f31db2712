from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from radflow.messaging.models.inbound import InboundMessage
from radflow.messaging.models.peer import ANY


class ContractStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    EXAMPLE = "example", _("Example")
    APPROVED = "approved", _("Approved")
    RETIRED = "retired", _("Retired")


class ZContract(models.Model):
    """What one Z segment of one product means to us (standards.md section 8.3).

    An approved one never changes: a change is a new version. At most one approved
    contract governs a segment of a vendor, product, version and sender.
    """

    vendor = models.CharField(max_length=60)
    product = models.CharField(max_length=60)
    product_version = models.CharField(
        max_length=40, default=ANY, help_text="A range such as >=7.0,<8, or *."
    )
    sending_application = models.CharField(max_length=60, default=ANY)
    sending_facility = models.CharField(max_length=60, default=ANY)
    segment = models.CharField(
        max_length=3,
        validators=[RegexValidator(r"^Z[A-Z0-9]{2}\Z", "Z and two letters or digits")],
    )
    version = models.CharField(
        max_length=20,
        default="1.0.0",
        validators=[RegexValidator(r"^\d+\.\d+\.\d+\Z", "Such as 1.0.0")],
    )
    status = models.CharField(
        max_length=8, choices=ContractStatus.choices, default=ContractStatus.DRAFT
    )
    message_types = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Where it may stand, such as ORM^O01; empty: anywhere.",
    )
    description = models.CharField(max_length=500, blank=True)
    evidence = models.CharField(
        max_length=300, blank=True, help_text="The document that says so."
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True)
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    retired_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "messaging_z_contract"
        ordering = ["segment", "vendor", "product", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "segment",
                    "vendor",
                    "product",
                    "product_version",
                    "sending_application",
                    "sending_facility",
                    "version",
                ],
                name="contract_version_once",
            ),
            models.UniqueConstraint(
                fields=[
                    "segment",
                    "vendor",
                    "product",
                    "product_version",
                    "sending_application",
                    "sending_facility",
                ],
                condition=models.Q(status="approved"),
                name="contract_approved_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="approved")
                | models.Q(approved_at__isnull=False),
                name="contract_approval_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segment} {self.vendor} {self.product} {self.version}"


class ZField(models.Model):
    """One field or component of a contract."""

    class Required(models.TextChoices):
        REQUIRED = "R", _("Required")
        IF_KNOWN = "RE", _("Required if known")
        OPTIONAL = "O", _("Optional")
        CONDITIONAL = "C", _("Conditional")

    class Policy(models.TextChoices):
        FILL = "fill", _("Fill if empty")
        OVERWRITE = "overwrite", _("Overwrite")
        ANNOTATE = "annotate", _("Annotate only")

    class OnError(models.TextChoices):
        WARN = "warn", _("Warn")
        QUARANTINE = "quarantine", _("Park the message")
        REJECT = "reject", _("Refuse the order")

    contract = models.ForeignKey(
        ZContract, on_delete=models.CASCADE, related_name="fields"
    )
    field = models.PositiveSmallIntegerField()
    component = models.PositiveSmallIntegerField(
        default=0, help_text="0: the whole field."
    )
    name = models.CharField(max_length=80)
    datatype = models.CharField(max_length=4, default="ST")
    required = models.CharField(
        max_length=2, choices=Required.choices, default=Required.OPTIONAL
    )
    condition = models.CharField(max_length=200, blank=True)
    repeats = models.BooleanField(default=False)
    max_length = models.PositiveIntegerField(null=True, blank=True)
    regex = models.CharField(max_length=200, blank=True)
    values = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    lowest = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    highest = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True
    )
    target = models.CharField(
        max_length=60, blank=True, help_text="Such as step.station_ae; empty: kept."
    )
    policy = models.CharField(
        max_length=9, choices=Policy.choices, default=Policy.ANNOTATE
    )
    holds_patient_data = models.BooleanField(default=False)
    on_error = models.CharField(
        max_length=10, choices=OnError.choices, default=OnError.WARN
    )

    class Meta:
        db_table = "messaging_z_field"
        ordering = ["field", "component"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "field", "component"], name="z_field_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.field}.{self.component} {self.name}"


class ZSample(models.Model):
    """A segment that a contract's test must take, or must refuse."""

    contract = models.ForeignKey(
        ZContract, on_delete=models.CASCADE, related_name="samples"
    )
    text = models.CharField(max_length=2000)
    valid = models.BooleanField(default=True)

    class Meta:
        db_table = "messaging_z_sample"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"sample {self.pk}"


class UnknownSegment(models.Model):
    """A Z segment without a contract: flagged once per sender, name and width."""

    sending_application = models.CharField(max_length=227)
    sending_facility = models.CharField(max_length=227)
    segment = models.CharField(max_length=3)
    field_count = models.PositiveIntegerField()
    first_message = models.ForeignKey(
        InboundMessage, on_delete=models.PROTECT, related_name="+"
    )
    first_seen_at = models.DateTimeField(db_default=Now())
    contract = models.ForeignKey(
        ZContract, null=True, on_delete=models.SET_NULL, related_name="unknowns"
    )

    class Meta:
        db_table = "messaging_unknown_segment"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "sending_application",
                    "sending_facility",
                    "segment",
                    "field_count",
                ],
                name="unknown_segment_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment} of {self.sending_application}"
