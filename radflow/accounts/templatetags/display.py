"""How names, dates and ages are written everywhere (visual rules of the shell).

How a date is written is for the language to say: its pattern is a text like others.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.dateformat import format as written
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()


@register.simple_tag
@cache
def sprite() -> str:
    """The sprite's address, found once: a list asks for it hundreds of times."""
    return static("img/sprite.svg")


@register.filter
def clinical_date(value: date | datetime | None) -> str:
    """`14-Jul-1945`; missing is "Not known"."""
    if value is None:
        return _("Not known")
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return written(value, pgettext("date", "d-M-Y"))


@register.filter
def clock(value: datetime | None) -> str:
    """`10:42` in the site's zone; missing is an en dash."""
    return timezone.localtime(value).strftime("%H:%M") if value else "–"


@register.filter
def clock_seconds(value: datetime | None) -> str:
    return timezone.localtime(value).strftime("%H:%M:%S") if value else "–"


@register.filter
def day_and_clock(value: datetime | None) -> str:
    """`10:42` today, else `22-Nov 10:42`."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    if local.date() == timezone.localdate():
        return local.strftime("%H:%M")
    day = written(local, pgettext("date", "d-M"))
    return f"{day} {local:%H:%M}"


@register.filter
def day_and_clock_seconds(value: datetime | None) -> str:
    """`10:42:07` today, else `22-Nov 10:42:07`."""
    seconds = timezone.localtime(value).strftime(":%S") if value else ""
    return day_and_clock(value) + seconds


@register.filter
def attention(value: str | None) -> str:
    """What an alarm put on an order: phrases of ours, such as `title. detail`."""
    title, stop, detail = (value or "").partition(". ")
    whole = translated(value)
    if whole != value or not stop:
        return whole
    return f"{translated(title)}. {attention(detail)}"


@register.filter
def titled(value: str) -> str:
    """A title of the timeline: a phrase of ours, perhaps with what it names behind."""
    words = value.split(" ")
    for length in range(len(words), 0, -1):
        phrase = " ".join(words[:length])
        if (said := translated(phrase)) != phrase:
            return " ".join([said, *words[length:]])
    return value


@register.filter
def age(born: date | None) -> str:
    """`81 y`; months below two years, days below four weeks."""
    if born is None:
        return ""
    today = timezone.localdate()
    days = (today - born).days
    if days < 28:
        return _("%(days)s d") % {"days": days}
    months = (today.year - born.year) * 12 + today.month - born.month
    months -= today.day < born.day
    if months < 24:
        return _("%(months)s mo") % {"months": months}
    return _("%(years)s y") % {"years": months // 12}


@register.filter
def translated(value: str | None) -> str:
    """A phrase of ours that is stored in English, in the reader's language."""
    return _(value) if value else ""


@register.filter
def short_tail(value: str, whole: int = 8) -> str:
    """The last four characters; up to `whole` of them are not cut at all.

    For tab titles, which must not identify anyone: a patient's number is cut.
    """
    return value if len(value) <= whole else f"··{value[-4:]}"


@register.filter
def amount(value: float | None, digits: int = 4) -> str:
    """A measured value with its telling digits, however large or small it is."""
    if value is None:
        return ""
    told = Decimal(f"{value:.{digits}g}")
    return str(formats.number_format(f"{told:f}", use_l10n=True))
