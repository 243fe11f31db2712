"""What a reader of the templates would check by eye, checked for all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orders.lifecycle import ExamState
from orders.models.order import ReportStatus
from radflow.messaging.models.inbound import InboundState
from radflow.messaging.models.outbound import OutboundState
from reports.lifecycle import CaseState

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SPRITE = (ROOT / "static" / "img" / "sprite.svg").read_text()
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))


@pytest.mark.parametrize(
    "states", [ExamState, ReportStatus, InboundState, OutboundState, CaseState]
)
def test_each_state_has_an_icon_and_a_tint(
    states: type[ExamState] | type[ReportStatus],
) -> None:
    tints = (ROOT / "static" / "css" / "status.css").read_text()
    for state in states.values:
        assert f"state-{state}" in SYMBOLS
        assert f'[data-s="{state}"]' in tints


def test_each_icon_a_template_names_is_in_the_sprite() -> None:
    used = {
        name
        for path in TEMPLATES
        for name in re.findall(r'icon\.html" with name="([^"]+)"', path.read_text())
    }
    assert used - SYMBOLS == set()


def test_no_template_carries_inline_style_or_script() -> None:
    inline = re.compile(r'\sstyle="|<style|<script(?![^>]*\ssrc=)|\son[a-z]+="')
    assert [path.name for path in TEMPLATES if inline.search(path.read_text())] == []


def test_each_custom_property_in_use_is_defined() -> None:
    text = "\n".join(path.read_text() for path in STYLES)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    optional = set(re.findall(r"var\((--[\w-]+)\s*,", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) - defined - optional == set()
