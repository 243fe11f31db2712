"""Rooms with their hours and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from radflow.accounts.roles import Capability
from worklist.api.acting import cause_of, refusals
from worklist.api.slots import read
from worklist.models import BlockKind, Room, RoomBlock, RoomHours
from worklist.services import block, unblock
from worklist.services.rooms import Interval, set_hours

if TYPE_CHECKING:
    HoursBase = serializers.ModelSerializer[RoomHours]
    RoomBase = serializers.ModelSerializer[Room]
else:
    HoursBase = RoomBase = serializers.ModelSerializer


class HoursSerializer(HoursBase):
    """Monday is 0; what closes no later than it opens closes on the next day."""

    class Meta:
        model = RoomHours
        fields = ["weekday", "opens", "closes"]


class RoomSerializer(RoomBase):
    """Without hours it is always open."""

    site = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    modalities = serializers.SerializerMethodField()
    hours = HoursSerializer(many=True, read_only=True)

    class Meta:
        model = Room
        fields = [
            "id",
            "name",
            "site",
            "location",
            "position",
            "enabled",
            "modalities",
            "hours",
        ]

    def get_modalities(self, room: Room) -> list[str]:
        used = (one.modality for one in room.stations.all() if one.enabled)
        return sorted(set(used))


class BlockSerializer(serializers.Serializer[RoomBlock]):
    """`displaces` names the orders whose bookings stand there and stay, flagged."""

    id = serializers.IntegerField(read_only=True)
    start = serializers.DateTimeField(source="during.lower")
    end = serializers.DateTimeField(source="during.upper")
    kind = serializers.ChoiceField(choices=BlockKind.choices)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    made_by = serializers.CharField(source="made_by_name", read_only=True)
    ended_at = serializers.DateTimeField(read_only=True)
    displaces = serializers.ListField(
        child=serializers.IntegerField(), required=False, write_only=True
    )


@extend_schema(tags=["rooms"])
class RoomViewSet(ReadOnlyModelViewSet[Room]):
    """The rooms in the order of the pages."""

    capability = Capability.VIEW_ORDERS
    queryset = Room.objects.select_related("site").prefetch_related("stations", "hours")
    serializer_class = RoomSerializer
    filterset_fields = ("enabled", "site__code")


@extend_schema(tags=["rooms"])
class RoomHoursView(APIView):
    """All hours of a room's week; an empty list: always open."""

    capability = Capability.VIEW_ORDERS
    capability_to_change = Capability.MANAGE_ROOMS

    @extend_schema(responses=HoursSerializer(many=True))
    def get(self, request: Request, room_id: int) -> Response:
        room = get_object_or_404(Room, pk=room_id)
        return Response(HoursSerializer(room.hours.all(), many=True).data)

    @extend_schema(
        request=HoursSerializer(many=True), responses=HoursSerializer(many=True)
    )
    def put(self, request: Request, room_id: int) -> Response:
        room = get_object_or_404(Room, pk=room_id)
        given = HoursSerializer(data=request.data, many=True)
        given.is_valid(raise_exception=True)
        user = cause_of(request).user
        assert user is not None
        with refusals():
            intervals = [Interval(**one) for one in given.validated_data]
            set_hours(room=room, intervals=intervals, by=user)
        return Response(HoursSerializer(room.hours.all(), many=True).data)


@extend_schema(tags=["rooms"])
class RoomBlocksView(APIView):
    """A room's blocks that are not over."""

    capability = Capability.VIEW_ORDERS
    capability_to_change = Capability.SCHEDULE

    @extend_schema(responses=BlockSerializer(many=True))
    def get(self, request: Request, room_id: int) -> Response:
        room = get_object_or_404(Room, pk=room_id)
        found: Any = RoomBlock.objects.filter(
            room=room, ended_at=None, during__endswith__gt=timezone.now()
        )
        return Response(BlockSerializer(found, many=True).data)

    @extend_schema(request=BlockSerializer, responses={201: BlockSerializer})
    def post(self, request: Request, room_id: int) -> Response:
        """409 DISPLACES until `displaces` names every booking that stands there."""
        get_object_or_404(Room, pk=room_id)
        told = read(BlockSerializer, request.data).validated_data
        with refusals():
            made = block(
                room_id=room_id,
                start=told["during"]["lower"],
                end=told["during"]["upper"],
                kind=BlockKind(told["kind"]),
                reason=told.get("reason", ""),
                displaces=told.get("displaces", ()),
                cause=cause_of(request),
            )
        return Response(BlockSerializer(made).data, status=201)


@extend_schema(tags=["rooms"], responses={204: None})
class RoomBlockView(APIView):
    capability = Capability.SCHEDULE

    def delete(self, request: Request, block_id: int) -> Response:
        """End the block now."""
        get_object_or_404(RoomBlock, pk=block_id)
        with refusals():
            unblock(block_id=block_id, cause=cause_of(request))
        return Response(status=204)
