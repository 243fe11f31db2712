"""Drafts of forms: kept while somebody types, gone once the form is taken."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import BigIntegerField
from django.utils import timezone

from radflow.accounts.models import User
from radflow.desk.models import Draft

KEPT_FOR = timedelta(days=7)
MOST_CHARACTERS = 50_000
MOST_KEPT = 100  # of one person; the oldest goes

Fields = dict[str, list[str]]


class TooLong(Exception):
    """More than anybody types, or no form of ours; nothing was kept."""


def keep(*, user: User, form: str, subject: int, fields: Fields) -> Draft:
    if _is_too_long(form, fields) or subject > BigIntegerField.MAX_BIGINT:
        raise TooLong
    clean = {
        name: [x.replace("\0", "") for x in texts] for name, texts in fields.items()
    }
    values = {"fields": clean, "saved_at": timezone.now()}
    draft, _ = Draft.objects.update_or_create(
        user=user, form=form, subject=subject, defaults=values
    )
    _forget_beyond(user)
    return draft


def _is_too_long(form: str, fields: Fields) -> bool:
    most = Draft._meta.get_field("form").max_length or 0
    typed = sum(len(text) for texts in fields.values() for text in texts)
    return len(form) > most or typed > MOST_CHARACTERS


def _forget_beyond(user: User) -> None:
    mine = Draft.objects.filter(user=user).order_by("-saved_at", "-id")
    beyond = list(mine.values_list("pk", flat=True)[MOST_KEPT : MOST_KEPT + 100])
    if beyond:
        Draft.objects.filter(pk__in=beyond).delete()


def draft_of(user: User, form: str, subject: int) -> Draft | None:
    """Nobody reads another's."""
    mine = Draft.objects.filter(user=user, form=form, subject=subject)
    return mine.filter(saved_at__gt=timezone.now() - KEPT_FOR).first()


def forget(*, user: User, form: str, subject: int) -> None:
    Draft.objects.filter(user=user, form=form, subject=subject).delete()


def forget_old() -> None:
    Draft.objects.filter(saved_at__lte=timezone.now() - KEPT_FOR).delete()
