"""What a toast offers besides its words."""

from __future__ import annotations

from django import template
from django.contrib.messages.storage.base import Message

from radflow.desk.undo import PAGE_TAG, TAG

register = template.Library()


@register.filter
def undo_step(message: Message) -> int | None:
    """The step that its button takes back."""
    tag = message.extra_tags or ""
    return int(tag.removeprefix(TAG)) if tag.startswith(TAG) else None


@register.filter
def undo_page(message: Message) -> str:
    """The page on which it can be taken back, where that needs more than a button."""
    tag = message.extra_tags or ""
    return tag.removeprefix(PAGE_TAG) if tag.startswith(PAGE_TAG) else ""
