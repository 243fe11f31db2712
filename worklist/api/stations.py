"""Stations as other programs see and change them: a contract, change only by adding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as Invalid
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.access import current_user
from radflow.accounts.api.errors import Refusal
from radflow.accounts.api.pagination import PageNumbers
from radflow.accounts.roles import Capability
from worklist.exceptions import StationChanged
from worklist.models import RefusedCaller, Station
from worklist.selectors.callers import refused_callers
from worklist.services.stations import FIELDS, add_station, change_station

if TYPE_CHECKING:
    StationBase = serializers.ModelSerializer[Station]
    CallerBase = serializers.ModelSerializer[RefusedCaller]
else:
    StationBase = CallerBase = serializers.ModelSerializer


class StationSerializer(StationBase):
    """A scanner with the rules of its worklist; `room` by its number."""

    class Meta:
        model = Station
        fields = ["id", "revision", *FIELDS]
        read_only_fields = ["id", "revision"]


class StationChangeSerializer(StationSerializer):
    """Only what shall change, with the revision that it was read at."""

    revision = serializers.IntegerField(help_text="As read; another one is 409.")

    class Meta(StationSerializer.Meta):
        fields = ["revision", *FIELDS]
        read_only_fields: list[str] = []


class RefusedCallerSerializer(CallerBase):
    class Meta:
        model = RefusedCaller
        fields = [
            "id",
            "calling_ae",
            "called_ae",
            "address",
            "why",
            "certificate",
            "first_at",
            "last_at",
            "times",
        ]


@extend_schema(tags=["stations"])
class StationListView(APIView):
    """The scanners that may ask for a worklist."""

    capability = Capability.VIEW_MESSAGES
    capability_to_change = Capability.MANAGE_INTERFACES

    @extend_schema(operation_id="stations_list", responses=StationSerializer(many=True))
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        found = pages.paginate_queryset(Station.objects.all(), request, view=self)
        return pages.get_paginated_response(StationSerializer(found, many=True).data)

    @extend_schema(request=StationSerializer, responses={201: StationSerializer})
    def post(self, request: Request) -> Response:
        asked = StationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            station = add_station(
                values=dict(asked.validated_data), by=current_user(request._request)
            )
        except Invalid as error:
            raise ValidationError(error.message_dict) from error
        return Response(StationSerializer(station).data, status=201)


@extend_schema(tags=["stations"])
class StationDetailView(APIView):
    """One station; a change needs the revision that it was read at."""

    capability = Capability.VIEW_MESSAGES
    capability_to_change = Capability.MANAGE_INTERFACES

    @extend_schema(responses=StationSerializer)
    def get(self, request: Request, station_id: int) -> Response:
        station = get_object_or_404(Station, pk=station_id)
        return Response(StationSerializer(station).data)

    @extend_schema(
        request=StationChangeSerializer(partial=True),
        responses={
            200: StationSerializer,
            409: OpenApiResponse(description="STATION_CHANGED: read it again first."),
        },
    )
    def patch(self, request: Request, station_id: int) -> Response:
        station = get_object_or_404(Station, pk=station_id)
        asked = StationChangeSerializer(station, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(asked.validated_data)
        if "revision" not in values:
            raise ValidationError({"revision": ["Say which revision you have read."]})
        try:
            changed = change_station(
                station_id=station_id,
                revision=values.pop("revision"),
                values=values,
                by=current_user(request._request),
            )
        except StationChanged as error:
            raise Refusal(error.code, error.text) from error
        except Invalid as error:
            raise ValidationError(error.message_dict) from error
        return Response(StationSerializer(changed).data)


@extend_schema(tags=["stations"])
class RefusedCallerListView(APIView):
    """Who asked for an association and got none, the last first."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(
        operation_id="refused_callers_list",
        responses=RefusedCallerSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        found = pages.paginate_queryset(refused_callers(), request, view=self)
        shown = RefusedCallerSerializer(found, many=True).data
        return pages.get_paginated_response(shown)
