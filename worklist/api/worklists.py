"""What stations are told: why an exam is on a worklist or not, and what is on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import Order
from radflow.accounts.api.pagination import PageNumbers
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.explain import (
    Reason,
    explain,
    explain_everywhere,
    parked_for,
    told_parked,
)
from worklist.models import DicomExchange, Station
from worklist.selectors.callers import asked_since, station_named
from worklist.selectors.worklist import Offer, everything_for

if TYPE_CHECKING:
    ExchangeBase = serializers.ModelSerializer[DicomExchange]
else:
    ExchangeBase = serializers.ModelSerializer

MOST = 500


class ReasonSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    fix = serializers.CharField(help_text="What to do about it; may be empty.")
    page = serializers.CharField(help_text="Where it is done; may be empty.")


class ExplainedSerializer(serializers.Serializer[Any]):
    """Of one station: offered with its notes, or every obstacle."""

    station = serializers.CharField(help_text="AE title; empty without an order.")
    offered = serializers.BooleanField()
    reasons = ReasonSerializer(many=True)


class OfferSerializer(serializers.Serializer[Any]):
    """One item as the station would get it; times by the station's own clock."""

    order = serializers.IntegerField()
    accession_number = serializers.CharField()
    patient_name = serializers.CharField()
    patient_id = serializers.CharField()
    modality = serializers.CharField()
    station_ae = serializers.CharField()
    start_date = serializers.CharField()
    start_time = serializers.CharField()
    description = serializers.CharField()
    status = serializers.CharField()


class QuerySerializer(ExchangeBase):
    class Meta:
        model = DicomExchange
        fields = ["id", "at", "address", "request", "status", "comment", "matches"]


@extend_schema(tags=["worklists"])
class ExplainView(APIView):
    """Why an exam is, or is not, on the worklists. Every read is audited."""

    capability = Capability.VIEW_ORDERS

    @extend_schema(
        operation_id="worklists_explain",
        parameters=[
            OpenApiParameter("accession", str, required=True),
            OpenApiParameter("station", str, description="AE title or name; else all."),
        ],
        responses=ExplainedSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        number = request.query_params.get("accession", "").strip()
        if not number:
            raise ValidationError({"accession": ["Name the exam."]})
        order = Order.objects.filter(accession_number=number).first()
        found = _of_unknown(number) if order is None else _of_order(request, order)
        return Response(ExplainedSerializer(found, many=True).data)


def _of_unknown(number: str) -> list[dict[str, Any]]:
    parked = parked_for(number)
    if not parked:
        raise NotFound("No exam has this accession number, and no message waits.")
    return [_told("", [told_parked(message) for message in parked])]


def _of_order(request: Request, order: Order) -> list[dict[str, Any]]:
    audit.record_view(
        request._request,
        "worklist_explained",
        order_id=order.pk,
        patient_id=order.patient_id,
    )
    wanted = request.query_params.get("station", "").strip()
    if not wanted:
        everywhere = explain_everywhere(order)
        return [_told(one.station.ae_title, one.reasons) for one in everywhere]
    station = station_named(wanted)
    if station is None:
        raise NotFound("There is no such station.")
    return [_told(station.ae_title, explain(order, station))]


def _told(ae_title: str, reasons: list[Reason]) -> dict[str, Any]:
    return {
        "station": ae_title,
        "offered": all(reason.offered for reason in reasons),
        "reasons": [
            {
                "text": reason.text,
                "fix": reason.fix,
                "page": reason.page.url if reason.page else "",
            }
            for reason in reasons
        ],
    }


@extend_schema(tags=["worklists"])
class PreviewView(APIView):
    """What the station would be answered now, of any day, at most 500."""

    capability = Capability.VIEW_ORDERS

    @extend_schema(
        operation_id="worklists_preview", responses=OfferSerializer(many=True)
    )
    def get(self, request: Request, station_id: int) -> Response:
        found = Station.objects.select_related("room__site")
        station = get_object_or_404(found, pk=station_id)
        offers = everything_for(station, MOST)
        audit.record_view(
            request._request,
            "worklist_previewed",
            detail={"station": station.pk, "orders": [one.order_id for one in offers]},
        )
        shown = OfferSerializer([_row(one) for one in offers], many=True).data
        return Response(shown)


def _row(offer: Offer) -> dict[str, Any]:
    item = offer.item
    return {
        "order": offer.order_id,
        "accession_number": item.accession.value,
        "patient_name": item.patient_name,
        "patient_id": item.patient_id.value,
        "modality": item.modality,
        "station_ae": item.station_ae,
        "start_date": item.start_date,
        "start_time": item.start_time,
        "description": item.step_description,
        "status": item.step_status,
    }


@extend_schema(tags=["worklists"])
class QueryListView(APIView):
    """What the station asked in the last day and how it was answered."""

    capability = Capability.VIEW_ORDERS

    @extend_schema(
        operation_id="worklists_queries", responses=QuerySerializer(many=True)
    )
    def get(self, request: Request, station_id: int) -> Response:
        station = get_object_or_404(Station, pk=station_id)
        pages = PageNumbers()
        asked = asked_since(station, timezone.now())
        found = pages.paginate_queryset(asked, request, view=self)
        seen = [one.pk for one in found or []]
        audit.record_view(
            request._request, "exchanges_listed", detail={"exchanges": seen}
        )
        return pages.get_paginated_response(QuerySerializer(found, many=True).data)
