"""The strip of channel cards, and how its numbers are written."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from radflow.messaging.channels.channel import Channel, ChannelState
from radflow.messaging.channels.selectors import channels

register = template.Library()

WIDTH, TOP, BOTTOM = 120.0, 4.0, 26.0
_ICONS = {
    ChannelState.UP: "r-up",
    ChannelState.DOWN: "octagon-alert",
    ChannelState.NO_DATA: "r-dash",
    ChannelState.PAUSED: "pause",
}


@register.inclusion_tag("messaging/_channels.html")
def channel_strip() -> dict[str, Any]:
    return {"channels": channels(timezone.now())}


@register.filter
def state_icon(channel: Channel) -> str:
    return _ICONS[channel.state]


@register.filter
def span(seconds: int | None) -> str:
    """`3 s`, `4 min`, `1 h 40`, `2 d`; an en dash where there is none."""
    if seconds is None:
        return "–"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days} d"
    if hours:
        return f"{hours} h {minutes % 60:02d}"
    return f"{minutes} min" if minutes else f"{seconds} s"


@register.filter
def line(channel: Channel) -> str:
    """The counts per minute as points; it ends where messages ended."""
    highest = max(channel.minutes, default=0) or 1
    shown = channel.minutes[: _end(channel)]
    scale = (BOTTOM - TOP) / highest
    points = (
        f"{_x(minute, channel):.1f},{BOTTOM - count * scale:.1f}"
        for minute, count in enumerate(shown)
    )
    return " ".join(points)


@register.filter
def gap(channel: Channel) -> str:
    """The dashed rest: nothing came, and the channel is not up."""
    end = _end(channel)
    if end == len(channel.minutes):
        return ""
    start = _x(max(end - 1, 0), channel)
    return f"{start:.1f},{BOTTOM} {WIDTH},{BOTTOM}"


def _end(channel: Channel) -> int:
    if channel.state is ChannelState.UP:
        return len(channel.minutes)
    heard = [minute for minute, count in enumerate(channel.minutes, 1) if count]
    return max(heard, default=0)


def _x(minute: int, channel: Channel) -> float:
    return minute * WIDTH / max(len(channel.minutes) - 1, 1)
