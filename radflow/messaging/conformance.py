"""How far what came keeps to HL7: looked at when there is time, decides nothing."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from radflow.hl7.conformance import Finding, lint
from radflow.messaging.models import InboundMessage, InboundState

BATCH = 20
# Older ones are checked only when somebody looks at them.
AGE = timedelta(days=1)
SECONDS_EACH = 0.5
SECONDS = 5.0


def findings_of(message: InboundMessage) -> list[Finding]:
    """As stored, else found now (and not stored); none once its bytes are pruned."""
    if message.findings is not None:
        return [Finding(**one) for one in message.findings]
    if message.pruned_at is not None:
        return []
    return lint(bytes(message.raw), budget_seconds=SECONDS_EACH)


def check_new(limit: int = BATCH) -> int:
    """Check some of the last day's messages; how many were. Ends after SECONDS."""
    until = time.monotonic() + SECONDS
    for done in range(limit):
        if time.monotonic() > until or not _check_one():
            return done
    return limit


@transaction.atomic
def _check_one() -> bool:
    """The newest first; what another worker holds, or is yet to apply, is passed by."""
    message = (
        InboundMessage.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(findings__isnull=True, pruned_at=None, received_at__gte=Now() - AGE)
        .exclude(state=InboundState.RECEIVED)
        .only("raw")
        .order_by("-received_at")
        .first()
    )
    if message is None:
        return False
    findings = lint(bytes(message.raw), budget_seconds=SECONDS_EACH)
    message.findings = [asdict(one) for one in findings]
    message.save(update_fields=["findings"])
    return True
