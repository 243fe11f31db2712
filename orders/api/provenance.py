"""Where values come from, as other programs see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from orders.selectors import Change


class ValueChangeSerializer(serializers.Serializer[Any]):
    """One value of an order, patient or visit: before, after, and who said so.

    `source` is the message's segment and field; empty where a rule or a person gave
    the value. `at` is when it happened, `recorded_at` when we heard of it.
    """

    subject = serializers.CharField(source="of")
    subject_id = serializers.IntegerField()
    field = serializers.CharField()
    was = serializers.JSONField()
    now = serializers.JSONField()
    source = serializers.CharField(source="place")  # type: ignore[assignment]
    at = serializers.DateTimeField(source="row.at")
    recorded_at = serializers.DateTimeField(source="row.recorded_at")
    actor = serializers.SerializerMethodField()
    message_id = serializers.SerializerMethodField()

    def get_actor(self, change: Change) -> str:
        row = change.row
        return row.user.username if row.user else row.actor

    def get_message_id(self, change: Change) -> str | None:
        return f"in-{change.row.inbound_id}" if change.row.inbound_id else None
