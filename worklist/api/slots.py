"""An exam's slot for programs: found, taken, swapped, given up."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import Order
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.sites.models import Site
from worklist.api.acting import cause_of, refusals
from worklist.models import PartOfDay, Room, ScheduledStep
from worklist.reasons import CANCELLATION_REASONS
from worklist.selectors import Search, Wishes, find_slots, why_not
from worklist.services import arrive, book_step, no_show, swap
from worklist.services.giving_up import cancel_exam, give_up_slot_for
from worklist.slot_forms import SEARCHED


class WishSerializer(serializers.Serializer[None]):
    earliest = serializers.DateTimeField(required=False)
    latest = serializers.DateTimeField(required=False)
    part_of_day = serializers.ChoiceField(
        choices=PartOfDay.choices, required=False, default=""
    )
    site = serializers.SlugRelatedField(
        slug_field="code", queryset=Site.objects.all(), required=False
    )
    room = serializers.PrimaryKeyRelatedField(
        queryset=Room.objects.all(), required=False
    )
    minutes = serializers.IntegerField(min_value=5, max_value=600, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=6)
    start = serializers.DateTimeField(
        required=False, help_text="With `room`: why not this time?"
    )

    def wishes(self) -> Wishes:
        told: dict[str, Any] = self.validated_data
        earliest = told.get("earliest") or timezone.now()
        room = told.get("room")
        return Wishes(
            earliest=earliest,
            latest=told.get("latest") or earliest + SEARCHED,
            part_of_day=told["part_of_day"],
            site=told.get("site"),
            room_id=room.pk if room else None,
            minutes=told.get("minutes"),
        )


class FreeTimeSerializer(serializers.Serializer[Any]):
    room = serializers.IntegerField(source="room.pk")
    room_name = serializers.CharField(source="room.name")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class ObstacleSerializer(serializers.Serializer[Any]):
    room = serializers.IntegerField()
    code = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    text = serializers.CharField()


class SearchSerializer(serializers.Serializer[Search]):
    """`why_not` answers for the `start` that was asked for."""

    slots = FreeTimeSerializer(many=True)
    obstacles = ObstacleSerializer(many=True)
    why_not = serializers.ListField(child=serializers.CharField())


class BookSerializer(serializers.Serializer[None]):
    """`start` is the exam's; `overbook` needs the right to, and `why`."""

    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all())
    start = serializers.DateTimeField()
    minutes = serializers.IntegerField(min_value=5, max_value=600, required=False)
    overbook = serializers.BooleanField(default=False)
    why = serializers.CharField(max_length=150, default="", allow_blank=True)
    version = serializers.IntegerField(required=False)


class SlotSerializer(serializers.Serializer[ScheduledStep]):
    order = serializers.IntegerField(source="order_id")
    step_id = serializers.CharField()
    start = serializers.DateTimeField()
    duration_minutes = serializers.IntegerField()
    station_ae_title = serializers.CharField()


class GiveUpSerializer(serializers.Serializer[None]):
    """`reason` is a code of CID 9300."""

    reason = serializers.ChoiceField(choices=sorted(CANCELLATION_REASONS))
    comment = serializers.CharField(max_length=300, default="", allow_blank=True)
    version = serializers.IntegerField(required=False)


class VersionSerializer(serializers.Serializer[None]):
    version = serializers.IntegerField(required=False)


class SwapSerializer(serializers.Serializer[None]):
    first = serializers.IntegerField()
    second = serializers.IntegerField()


class StateSerializer(serializers.Serializer[Order]):
    id = serializers.IntegerField()
    status = serializers.CharField()
    scheduled_start = serializers.DateTimeField(allow_null=True)
    room_name = serializers.CharField()
    version = serializers.IntegerField()


class _ExamView(APIView):
    capability = Capability.SCHEDULE


def read(kind: type[serializers.Serializer[Any]], data: Any) -> Any:
    given = kind(data=data)
    given.is_valid(raise_exception=True)
    return given


@extend_schema(tags=["scheduling"])
class FreeTimesView(_ExamView):
    """First free times of an exam, by default within two weeks, and what stood before
    them."""

    @extend_schema(parameters=[WishSerializer], responses=SearchSerializer)
    def get(self, request: Request, order_id: int) -> Response:
        order = get_object_or_404(Order, pk=order_id)
        given = read(WishSerializer, request.query_params)
        told, wishes = given.validated_data, given.wishes()
        found = find_slots(order, wishes, limit=told["limit"])
        reasons: list[str] = []
        if "start" in told and "room" in told:
            reasons = why_not(order, told["room"], told["start"], wishes)
        self._audit(request, order)
        obstacles = [
            {
                "room": room.pk,
                "code": one.code,
                "start": one.span.start,
                "end": one.span.end,
                "text": one.text,
            }
            for room, one in found.obstacles
        ]
        shown = {"slots": found.slots, "obstacles": obstacles, "why_not": reasons}
        return Response(SearchSerializer(shown).data)  # type: ignore[arg-type]

    def _audit(self, request: Request, order: Order) -> None:
        seen = {"order_id": order.pk, "patient_id": order.patient_id}
        audit.record_view(request._request, "schedule_viewed", **seen)


@extend_schema(tags=["scheduling"], request=BookSerializer, responses=SlotSerializer)
class BookView(_ExamView):
    """Give the exam a room and a time, or move it there."""

    def post(self, request: Request, order_id: int) -> Response:
        told = read(BookSerializer, request.data).validated_data
        with refusals():
            step = book_step(
                order_id=order_id,
                room_id=told["room"].pk,
                start=told["start"],
                duration_minutes=told.get("minutes"),
                overbook=told["overbook"],
                why=told["why"],
                expected_version=told.get("version"),
                cause=cause_of(request),
            )
        return Response(SlotSerializer(step).data)


@extend_schema(tags=["scheduling"], request=GiveUpSerializer, responses=StateSerializer)
class GiveUpView(_ExamView):
    """Free the slot: the exam waits for another one."""

    act = staticmethod(give_up_slot_for)

    def post(self, request: Request, order_id: int) -> Response:
        told = read(GiveUpSerializer, request.data).validated_data
        with refusals():
            order = self.act(
                order_id=order_id,
                code=told["reason"],
                comment=told["comment"],
                expected_version=told.get("version"),
                cause=cause_of(request),
            )
        return Response(StateSerializer(order).data)


class CancelView(GiveUpView):
    """Cancel the exam for good."""

    act = staticmethod(cancel_exam)


@extend_schema(
    tags=["scheduling"], request=VersionSerializer, responses=StateSerializer
)
class NoShowView(_ExamView):
    """The patient did not come: slot freed, the exam waits for another one."""

    def post(self, request: Request, order_id: int) -> Response:
        told = read(VersionSerializer, request.data).validated_data
        with refusals():
            order = no_show(
                order_id=order_id,
                expected_version=told.get("version"),
                cause=cause_of(request),
            )
        return Response(StateSerializer(order).data)


@extend_schema(tags=["scheduling"], request=None, responses=StateSerializer)
class ArriveView(_ExamView):
    """The patient is here; a walk-in gets its step now."""

    def post(self, request: Request, order_id: int) -> Response:
        with refusals():
            order = arrive(order_id=order_id, cause=cause_of(request))
        return Response(StateSerializer(order).data)


@extend_schema(
    tags=["scheduling"], request=SwapSerializer, responses=StateSerializer(many=True)
)
class SwapView(APIView):
    """Two exams take each other's slot; both, or none."""

    capability = Capability.SCHEDULE

    def post(self, request: Request) -> Response:
        told = read(SwapSerializer, request.data).validated_data
        with refusals():
            both: Any = swap(
                first_id=told["first"],
                second_id=told["second"],
                cause=cause_of(request),
            )
        return Response(StateSerializer(both, many=True).data)
