from orders.models.authority import AssigningAuthority, AuthorityAlias
from orders.models.exam_record import (
    ContrastGiven,
    ExamRecord,
    RepeatReason,
    Route,
)
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
from orders.models.protocol import ProtocolChoice, Protocolling
from orders.models.provenance import Provenance
from orders.models.safety import (
    AnswerKind,
    Known,
    ReleaseReason,
    SafetyAnswer,
    SafetyQuestion,
    SafetyRelease,
    Said,
)
from orders.models.timeline import OrderEvent

__all__ = [
    "AHEAD",
    "SIGNED",
    "UNSIGNED",
    "AnswerKind",
    "AssigningAuthority",
    "AuthorityAlias",
    "ContrastGiven",
    "DuplicateCandidate",
    "ExamRecord",
    "HeldChange",
    "Known",
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
    "ProtocolChoice",
    "Protocolling",
    "Provenance",
    "ReleaseReason",
    "RepeatReason",
    "ReportStatus",
    "Route",
    "SafetyAnswer",
    "SafetyQuestion",
    "SafetyRelease",
    "Said",
    "SequenceRule",
    "Sex",
    "Tombstone",
    "Visit",
]
