"""What an order says, freed from its encoding: HL7, REST and pages all build these."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

# Which field of the message gave a value: name of the value to path, as "OBR-4.1".
Sources = dict[str, str]
# An order number and its namespace (EI).
EntityNumber = tuple[str, str]


@dataclass(frozen=True)
class Identifier:
    value: str
    assigning_authority: str
    type: str = "MR"


@dataclass(frozen=True)
class PatientRequest:
    """Empty text means "not said". The first identifier of type MR is preferred."""

    identifiers: tuple[Identifier, ...]
    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    prefix: str = ""
    suffix: str = ""
    name_ideographic: str = ""
    name_phonetic: str = ""
    birth_date: date | None = None
    birth_date_text: str = ""
    sex: str = ""
    deceased: bool = False
    allergies: tuple[str, ...] = ()
    cleared: frozenset[str] = frozenset()
    event_time: datetime | None = None
    deceased_at: datetime | None = None
    weight_kg: Decimal | None = None
    height_m: Decimal | None = None
    pregnancy: int | None = None
    alerts: tuple[str, ...] = ()
    sources: Sources = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class VisitRequest:
    """Empty text means "not said"; `cleared` are deleted by news of the visit (ADT)."""

    number: str
    assigning_authority: str = ""
    account_number: str = ""
    patient_class: str = ""
    location: str = ""
    attending: str = ""
    referring: str = ""
    ambulatory_status: str = ""
    account_authority: str = ""
    alternate_number: str = ""
    prior_location: str = ""
    cleared: frozenset[str] = frozenset()
    event_time: datetime | None = None
    sources: Sources = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Code:
    """A coded element: code, text, coding system."""

    code: str = ""
    text: str = ""
    system: str = ""


@dataclass(frozen=True)
class ScheduleRequest:
    """Where and when the sender wants the step; times aware, UTC."""

    start: datetime | None = None
    end: datetime | None = None
    station_ae_title: str = ""
    station_name: str = ""
    location: str = ""
    step_id: str = ""
    modality: str = ""
    protocol: Code = Code()
    may_overlap: bool = False


@dataclass(frozen=True)
class OrderRequest:
    """A new order (ORC-1 NW) or the changed content of one (XO).

    `requested_start` may be a day alone (its midnight); only a time makes a slot.
    """

    sender_application: str = ""
    sender_facility: str = ""
    placer_order_number: str = ""
    placer_namespace: str = ""
    placer_group_number: str = ""
    filler_order_number: str = ""
    accession_number: str = ""
    accession_issuer: str = ""
    requested_procedure_id: str = ""
    study_instance_uid: str = ""
    procedure: Code = Code()
    protocol: Code = Code()
    modality: str = ""
    laterality: str = ""
    priority: str = ""
    reason: Code = Code()
    clinical_info: str = ""
    danger_code: str = ""
    comments: str = ""
    transport: str = ""
    route: str = ""
    ordering_provider: dict[str, str] = field(default_factory=dict)
    entered_by: str = ""
    callback: str = ""
    entering_organization: str = ""
    weight_kg: Decimal | None = None
    height_m: Decimal | None = None
    event_time: datetime | None = None
    requested_start: datetime | None = None
    schedule: ScheduleRequest = ScheduleRequest()
    further_steps: tuple[ScheduleRequest, ...] = ()
    parent: EntityNumber = ("", "")
    sources: Sources = field(default_factory=dict, compare=False)
