from orders.models.authority import AssigningAuthority, AuthorityAlias
from orders.models.holding import HeldChange, Tombstone
from orders.models.merge import DuplicateCandidate, MergeJournal, PatientLink
from orders.models.order import (
    AHEAD,
    SIGNED,
    UNSIGNED,
    Order,
    Priority,
    ReportStatus,
)
from orders.models.patient import (
    Patient,
    PatientIdentifier,
    Pregnancy,
    Sex,
    Visit,
)
from orders.models.procedure import (
    LateralityRule,
    Procedure,
    ProcedureAlias,
    SequenceRule,
)
from orders.models.provenance import Provenance
from orders.models.timeline import OrderEvent

__all__ = [
    "AHEAD",
    "SIGNED",
    "UNSIGNED",
    "AssigningAuthority",
    "AuthorityAlias",
    "DuplicateCandidate",
    "HeldChange",
    "LateralityRule",
    "MergeJournal",
    "Order",
    "OrderEvent",
    "Patient",
    "PatientIdentifier",
    "PatientLink",
    "Pregnancy",
    "Priority",
    "Procedure",
    "ProcedureAlias",
    "Provenance",
    "ReportStatus",
    "SequenceRule",
    "Sex",
    "Tombstone",
    "Visit",
]
