from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.roles import Capability
from radflow.messaging.channels.channel import Channel, ChannelState
from radflow.messaging.channels.selectors import channels


class ChannelSerializer(serializers.Serializer[Channel]):
    """`minutes` counts messages of the last hour, the oldest minute first."""

    id = serializers.CharField(source="key")
    name = serializers.CharField()
    direction = serializers.CharField()
    state = serializers.ChoiceField(choices=ChannelState.choices)
    note = serializers.CharField()
    where = serializers.CharField()
    peer = serializers.IntegerField(source="peer_id", allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    last_seconds = serializers.IntegerField(allow_null=True)
    per_minute = serializers.FloatField()
    minutes = serializers.ListField(child=serializers.IntegerField())
    queue = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    oldest_seconds = serializers.IntegerField(allow_null=True)
    errors = serializers.IntegerField()  # type: ignore[assignment]
    error_rate = serializers.FloatField()
    faults = serializers.ListField(child=serializers.CharField())


@extend_schema(tags=["channels"])
class ChannelListView(APIView):
    """Every channel as it is at this moment."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(responses=ChannelSerializer(many=True))
    def get(self, request: Request) -> Response:
        found: Any = channels(timezone.now())
        return Response(ChannelSerializer(found, many=True).data)
