"""What a contract says, freed from the database: made once, checked often."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from radflow.messaging.models import ZContract, ZField
from radflow.messaging.models.peer import ANY

_CONDITION = re.compile(
    r"(?:(?P<segment>Z[A-Z0-9]{2})-)?(?P<field>\d{1,3})(?:\.(?P<component>\d{1,2}))?"
    r" (?:(?P<state>valued|empty)|= (?P<value>\S.*))\Z"
)


@dataclass(frozen=True)
class Condition:
    """`ZSI-3 valued`, `ZSI-3.1 empty` or `ZSI-7 = Y`: when a field must be there."""

    field: int
    component: int
    state: str
    value: str = ""

    @classmethod
    def read(cls, text: str) -> Condition | None:
        match = _CONDITION.match(text.strip())
        if match is None:
            return None
        return cls(
            int(match["field"]),
            int(match["component"] or 1),
            match["state"] or "equals",
            (match["value"] or "").strip(),
        )


@dataclass(frozen=True)
class FieldRule:
    """One row of a contract; `component` 0 is the whole field."""

    field: int
    component: int = 0
    name: str = ""
    datatype: str = "ST"
    required: str = "O"
    condition: str = ""
    repeats: bool = False
    max_length: int | None = None
    regex: str = ""
    values: tuple[str, ...] = ()
    lowest: Decimal | None = None
    highest: Decimal | None = None
    target: str = ""
    policy: str = ZField.Policy.ANNOTATE
    holds_patient_data: bool = False
    on_error: str = ZField.OnError.WARN

    @property
    def path(self) -> str:
        """`4.1`; `4` for a whole field."""
        return f"{self.field}.{self.component}" if self.component else str(self.field)


@dataclass(frozen=True)
class SegmentRule:
    """A contract as it governs: who and when it is for, and its fields in order."""

    segment: str
    fields: tuple[FieldRule, ...] = ()
    id: int = 0
    vendor: str = ""
    product: str = ""
    product_version: str = ANY
    version: str = "1.0.0"
    sending_application: str = ANY
    sending_facility: str = ANY
    message_types: tuple[str, ...] = ()
    approved_at: datetime | None = None
    retired_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.segment} {self.vendor} {self.product} {self.version}"

    def of_field(self, number: int) -> list[FieldRule]:
        return [rule for rule in self.fields if rule.field == number]


_COPIED = (
    "field",
    "component",
    "name",
    "datatype",
    "required",
    "condition",
    "repeats",
    "max_length",
    "regex",
    "lowest",
    "highest",
    "target",
    "policy",
    "holds_patient_data",
    "on_error",
)


def field_rule(row: ZField) -> FieldRule:
    copied = {name: getattr(row, name) for name in _COPIED}
    return FieldRule(values=tuple(row.values), **copied)


def rule_of(contract: ZContract, fields: Sequence[ZField] | None = None) -> SegmentRule:
    """The contract's rules; `fields` where they are at hand or not saved yet."""
    rows = list(contract.fields.all()) if fields is None else fields
    ordered = sorted(rows, key=lambda row: (row.field, row.component))
    return SegmentRule(
        segment=contract.segment,
        fields=tuple(field_rule(row) for row in ordered),
        id=contract.pk or 0,
        vendor=contract.vendor,
        product=contract.product,
        product_version=contract.product_version,
        version=contract.version,
        sending_application=contract.sending_application,
        sending_facility=contract.sending_facility,
        message_types=tuple(contract.message_types),
        approved_at=contract.approved_at,
        retired_at=contract.retired_at,
    )
