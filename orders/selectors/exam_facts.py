"""What people said of an exam beside its images: protocol, safety, the record."""

from __future__ import annotations

from dataclasses import dataclass

from orders.models import ExamRecord, Order, Protocolling, RepeatReason, SafetyAnswer
from orders.selectors.protocols import lacks_protocol, protocol_of
from orders.selectors.safety import answers_of, latest_of


@dataclass(frozen=True)
class ExamFacts:
    """`answers` are the last to each question, as it was asked."""

    protocol: Protocolling | None
    lacks_protocol: bool
    answers: list[SafetyAnswer]
    record: ExamRecord | None

    @property
    def repeats(self) -> list[tuple[str, int]]:
        """By reason, in our words."""
        told = self.record.repeats if self.record else {}
        return [(str(RepeatReason(key).label), told[key]) for key in told]

    def __bool__(self) -> bool:
        return bool(self.protocol or self.answers or self.record)


def exam_facts(order: Order) -> ExamFacts:
    return ExamFacts(
        protocol_of(order),
        lacks_protocol(order),
        latest_of(answers_of(order)),
        order.exam_records.select_related("user").first(),
    )
