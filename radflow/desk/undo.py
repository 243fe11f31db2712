"""Acts that can be taken back: each app hands in its inverses at start.

Taking back is an act of its own through the services of the app: it is recorded like
any other, deletes nothing, and is refused once anybody changed the subject since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from radflow.accounts.access import current_user
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.desk.models import Step

KEPT_FOR = timedelta(days=7)
TAG = "undo:"
PAGE_TAG = "undo-at:"


class NotUndone(Exception):
    """Why not, for a person; nothing has changed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Inverse:
    """`label` names it in English; `run` raises NotUndone.

    Any of `needs` allows it.
    """

    label: str
    needs: tuple[Capability, ...]
    run: Callable[[Step, User], object]


@dataclass(frozen=True)
class Way:
    """A way back that a page offers beside its other acts."""

    step: int
    label: str


_inverses: dict[str, Inverse] = {}


def register(kind: str, inverse: Inverse) -> None:
    _inverses[kind] = inverse


def offer(
    request: HttpRequest,
    said: str,
    *,
    kind: str,
    about: str,
    subject: int,
    version: int,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Say that it is done, with the button that takes it back."""
    step = Step.objects.create(
        kind=kind,
        about=about,
        subject=subject,
        version=version,
        before=dict(before or {}),
        user=current_user(request),
        at=timezone.now(),
    )
    messages.success(request, said, extra_tags=f"{TAG}{step.pk}")


def way_back_of(user: User, *, about: str, subject: int, version: int) -> Way | None:
    """How to take back the last act, while nothing has changed since."""
    steps = Step.objects.filter(about=about, subject=subject)
    step = steps.order_by("-id").first()
    if step is None or step.version != version or step.undone_at:
        return None
    inverse = _inverses.get(step.kind)
    if inverse is None or not _may(user, inverse):
        return None
    return Way(step.pk, _(inverse.label))


def _may(user: User, inverse: Inverse) -> bool:
    return any(user.may(need) for need in inverse.needs)


@transaction.atomic
def take_back(*, step_id: int, by: User) -> None:
    """Run the inverse, once; raises NotUndone."""
    step = Step.objects.select_for_update().filter(pk=step_id).first()
    inverse = _inverses.get(step.kind) if step else None
    if step is None or inverse is None:
        raise NotUndone(_("It is too long ago to be undone here."))
    if not _may(by, inverse):
        raise NotUndone(_("Your role may not do this."))
    if step.undone_at:
        raise NotUndone(_("It was undone already."))
    inverse.run(step, by)
    step.undone_at, step.undone_by = timezone.now(), by
    step.save(update_fields=["undone_at", "undone_by"])
    detail = {"step": step.pk, "kind": step.kind, step.about: step.subject}
    audit.record("step_undone", actor=by, detail=detail)


def forget_old_steps() -> None:
    Step.objects.filter(at__lte=timezone.now() - KEPT_FOR).delete()
