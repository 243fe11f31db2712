"""Which protocols may be chosen for a procedure."""

from __future__ import annotations

from orders.models import Procedure, ProtocolChoice
from radflow import unit
from radflow.accounts.models import User
from radflow.audit import services as audit


def offer_protocol(
    *, procedure: Procedure, choice: ProtocolChoice, by: User
) -> ProtocolChoice:
    with unit.work():
        choice.procedure = procedure
        choice.save(force_insert=True)
        _tell("protocol_offered", choice, by)
        return choice


def withdraw_protocol(*, choice: ProtocolChoice, by: User) -> None:
    """What was assigned stays as it is: it keeps code and words of its own."""
    with unit.work():
        _tell("protocol_withdrawn", choice, by)
        choice.delete()


def _tell(action: str, choice: ProtocolChoice, by: User) -> None:
    detail = {"procedure": choice.procedure_id, "says": str(choice)}
    audit.record(action, actor=by, detail=detail)
