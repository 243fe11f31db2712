"""Several exams at once for programs: insertion, series, the wait list."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import Order
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.api.acting import cause_of, refusals
from worklist.api.slots import SlotSerializer, WishSerializer, read
from worklist.models import PartOfDay, Room, WaitListEntry
from worklist.selectors.free_time import Planned
from worklist.services import (
    book_series,
    insert,
    plan_series,
    propose_insertion,
    put_on_list,
    take_off_list,
)
from worklist.services.inserting import Insertion, Shift
from worklist.services.waiting import Opening, Wish, openings, waiting_list


class WhereSerializer(serializers.Serializer[None]):
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all())
    start = serializers.DateTimeField(required=False)


class ShiftSerializer(serializers.Serializer[Shift]):
    order = serializers.IntegerField(source="order.pk")
    before = serializers.DateTimeField()
    after = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())


class InsertionSerializer(serializers.Serializer[Insertion]):
    """`mark` stands for exactly this; it confirms it."""

    order = serializers.IntegerField(source="order.pk")
    room = serializers.IntegerField(source="room.pk")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    shifts = ShiftSerializer(many=True)
    warnings = serializers.ListField(child=serializers.CharField())
    mark = serializers.CharField()


class ConfirmSerializer(serializers.Serializer[None]):
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all())
    start = serializers.DateTimeField()
    mark = serializers.CharField(max_length=64)


@extend_schema(tags=["scheduling"])
class InsertionView(APIView):
    """A walk-in or STAT exam put in between: look with GET, confirm with POST."""

    capability = Capability.SCHEDULE

    @extend_schema(parameters=[WhereSerializer], responses=InsertionSerializer)
    def get(self, request: Request, order_id: int) -> Response:
        order = get_object_or_404(Order, pk=order_id)
        told = read(WhereSerializer, request.query_params).validated_data
        with refusals():
            found = propose_insertion(
                order=order, room=told["room"], start=told.get("start")
            )
        seen = [order.pk, *(one.order.pk for one in found.shifts)]
        audit.record_view(request._request, "schedule_viewed", detail={"orders": seen})
        return Response(InsertionSerializer(found).data)

    @extend_schema(request=ConfirmSerializer, responses=SlotSerializer)
    def post(self, request: Request, order_id: int) -> Response:
        told = read(ConfirmSerializer, request.data).validated_data
        with refusals():
            step = insert(
                order_id=order_id,
                room_id=told["room"].pk,
                start=told["start"],
                mark=told["mark"],
                cause=cause_of(request),
            )
        return Response(SlotSerializer(step).data)


class PlannedSerializer(serializers.Serializer[Planned]):
    order = serializers.IntegerField(source="order.pk")
    room = serializers.IntegerField(source="slot.room.pk")
    start = serializers.DateTimeField(source="slot.start")
    end = serializers.DateTimeField(source="slot.end")


class SeriesWishSerializer(WishSerializer):
    orders = serializers.PrimaryKeyRelatedField(
        queryset=Order.objects.all(), many=True, allow_empty=False
    )
    every_days = serializers.IntegerField(min_value=0, max_value=60, default=0)


class PlaceSerializer(serializers.Serializer[None]):
    order = serializers.IntegerField()
    room = serializers.PrimaryKeyRelatedField(queryset=Room.objects.all())
    start = serializers.DateTimeField()


class SeriesSerializer(serializers.Serializer[None]):
    places = PlaceSerializer(many=True, allow_empty=False)


@extend_schema(
    tags=["scheduling"],
    request=SeriesWishSerializer,
    responses=PlannedSerializer(many=True),
)
class SeriesPlanView(APIView):
    """The soonest times for several exams of one patient; nothing is booked."""

    capability = Capability.SCHEDULE

    def post(self, request: Request) -> Response:
        given = read(SeriesWishSerializer, request.data)
        told = given.validated_data
        with refusals():
            plan: Any = plan_series(
                told["orders"], given.wishes(), every_days=told["every_days"]
            )
        seen = [order.pk for order in told["orders"]]
        audit.record_view(request._request, "schedule_viewed", detail={"orders": seen})
        return Response(PlannedSerializer(plan, many=True).data)


@extend_schema(
    tags=["scheduling"],
    request=SeriesSerializer,
    responses=SlotSerializer(many=True),
)
class SeriesView(APIView):
    """Book what was planned: all of it, or nothing."""

    capability = Capability.SCHEDULE

    def post(self, request: Request) -> Response:
        told = read(SeriesSerializer, request.data).validated_data["places"]
        places = [(one["order"], one["room"].pk, one["start"]) for one in told]
        with refusals():
            steps: Any = book_series(places=places, cause=cause_of(request))
        return Response(SlotSerializer(steps, many=True).data)


class EntrySerializer(serializers.Serializer[WaitListEntry]):
    id = serializers.IntegerField(read_only=True)
    order = serializers.IntegerField(source="order_id")
    state = serializers.CharField(read_only=True)
    since = serializers.DateTimeField(read_only=True)
    not_before = serializers.DateField(required=False, allow_null=True)
    not_after = serializers.DateField(required=False, allow_null=True)
    part_of_day = serializers.ChoiceField(
        choices=PartOfDay.choices, required=False, allow_blank=True
    )
    room = serializers.PrimaryKeyRelatedField(
        queryset=Room.objects.all(), required=False, allow_null=True
    )
    notice_hours = serializers.IntegerField(min_value=0, max_value=720, required=False)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class OfferSerializer(serializers.Serializer[Any]):
    entry = serializers.IntegerField(source="entry.pk")
    order = serializers.IntegerField(source="entry.order_id")
    start = serializers.DateTimeField(source="slot.start")
    end = serializers.DateTimeField(source="slot.end")


class OpeningSerializer(serializers.Serializer[Opening]):
    id = serializers.IntegerField(source="freed.pk")
    room = serializers.IntegerField(source="freed.room_id")
    start = serializers.DateTimeField(source="freed.during.lower")
    end = serializers.DateTimeField(source="freed.during.upper")
    offers = OfferSerializer(many=True)


@extend_schema(tags=["scheduling"])
class WaitListView(APIView):
    """Who wants an earlier slot, first in the order in which slots are offered."""

    capability = Capability.SCHEDULE

    @extend_schema(responses=EntrySerializer(many=True))
    def get(self, request: Request) -> Response:
        found: Any = waiting_list()
        seen = [one.order_id for one in found]
        audit.record_view(request._request, "wait_list_viewed", detail={"orders": seen})
        return Response(EntrySerializer(found, many=True).data)

    @extend_schema(request=EntrySerializer, responses=EntrySerializer)
    def post(self, request: Request) -> Response:
        told = dict(read(EntrySerializer, request.data).validated_data)
        order_id = told.pop("order_id")
        with refusals():
            entry = put_on_list(
                order_id=order_id, wish=Wish(**told), cause=cause_of(request)
            )
        return Response(EntrySerializer(entry).data, status=201)


@extend_schema(tags=["scheduling"], responses={204: None})
class WaitListEntryView(APIView):
    capability = Capability.SCHEDULE

    def delete(self, request: Request, entry_id: int) -> Response:
        """Take the exam off the list."""
        get_object_or_404(WaitListEntry, pk=entry_id)
        with refusals():
            take_off_list(entry_id=entry_id, cause=cause_of(request))
        return Response(status=204)


@extend_schema(tags=["scheduling"], responses=OpeningSerializer(many=True))
class OpeningsView(APIView):
    """Slots that were given back, with who of the wait list fits."""

    capability = Capability.SCHEDULE

    def get(self, request: Request) -> Response:
        found: Any = openings()
        seen = [offer.entry.order_id for one in found for offer in one.offers]
        audit.record_view(request._request, "wait_list_viewed", detail={"orders": seen})
        return Response(OpeningSerializer(found, many=True).data)
