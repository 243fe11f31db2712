"""Parts that are kept show what they would show if drawn anew, and nothing older."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from radflow.accounts.models import User

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    name: str
    at: datetime = NOON
    tags: tuple[str, ...] = ()


def drawn(source: str, **given: object) -> str:
    return Template(source).render(Context(given))


def test_a_part_is_drawn_once_for_the_same_values_and_anew_for_others() -> None:
    counted = iter(range(9))
    template = Template("{% memo row=row %}{{ row.name }}{{ row.tags.0 }}{% endmemo %}")
    template.nodelist[0].nodes.insert(0, _Counting(counted))  # type: ignore[attr-defined]

    def shown(row: Row) -> str:
        return template.render(Context({"row": row}))

    assert shown(Row("Ada")) == "0Ada"
    assert shown(Row("Ada")) == "0Ada"
    assert shown(Row("Ida")) == "1Ida"
    assert shown(replace(Row("Ada"), tags=("STAT",))) == "2AdaSTAT"


class _Counting:
    token = None

    def __init__(self, numbers: object) -> None:
        self.numbers = numbers

    def render_annotated(self, context: Context) -> str:
        return str(next(self.numbers))  # type: ignore[call-overload]


def test_a_part_follows_language_zone_and_day(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Template("{% load i18n %}{% memo %}{% translate 'Unlock' %}{% endmemo %}")
    assert words.render(Context()) == "Unlock"
    with translation.override("de"):
        assert words.render(Context()) == "Entsperren"
    times = Template("{% memo row=row %}{{ row.at|clock }}{% endmemo %}")
    with timezone.override("UTC"):
        assert times.render(Context({"row": Row("Ada")})) == "12:00"
    with timezone.override("Asia/Tokyo"):
        assert times.render(Context({"row": Row("Ada")})) == "21:00"
    days = Template("{% memo row=row %}{{ row.at|day_and_clock }}{% endmemo %}")
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    with timezone.override("UTC"):
        assert days.render(Context({"row": Row("Ada")})) == "12:00"
        monkeypatch.setattr(timezone, "now", lambda: NOON.replace(day=28))
        assert days.render(Context({"row": Row("Ada")})) == "27-Nov 12:00"


def test_a_part_sees_what_it_was_given_and_nothing_else() -> None:
    source = "{% memo row=row %}{{ row.name }}{{ request }}{{ other }}{% endmemo %}"
    assert drawn(source, row=Row("Ada"), request="R", other="O") == "Ada"


def test_text_is_escaped_in_a_part_too() -> None:
    shown = drawn("{% memo row=row %}{{ row.name }}{% endmemo %}", row=Row("<b>"))
    assert shown == "&lt;b&gt;"


@pytest.mark.parametrize("value", [User(pk=1), SimpleNamespace(), Row("", tags=([],))])  # type: ignore[arg-type]
def test_what_cannot_be_compared_by_value_is_refused(value: object) -> None:
    """Two states of a record are equal to each other: the older would be shown."""
    with pytest.raises(TypeError):
        drawn("{% memo row=row %}{% endmemo %}", row=value)
