"""What does not fit together, as other programs see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.reconciliation.registry import FIRST, MOST, Item, Kind, counts, kinds
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


class MismatchSerializer(serializers.Serializer[Item]):
    """`page` is where a person compares, and does the one safe step."""

    title = serializers.CharField()
    detail = serializers.CharField()
    proposal = serializers.CharField()
    numbers = serializers.ListField(child=serializers.CharField())
    since = serializers.DateTimeField()
    order = serializers.IntegerField(source="order.pk", default=None)
    patient = serializers.IntegerField(source="patient.pk", default=None)
    action = serializers.CharField(source="action.label")
    page = serializers.CharField(source="action.url")


class MismatchKindSerializer(serializers.Serializer[Any]):
    """`count` of all; `items` are the oldest: a hundred of one kind, five of each."""

    kind = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField()
    items = MismatchSerializer(many=True)


@extend_schema(tags=["orders"])
class ReconciliationView(APIView):
    """Every kind of mismatch at this moment, without names. Reads are audited."""

    capability = Capability.VIEW_ORDERS

    @extend_schema(
        parameters=[OpenApiParameter("kind", str)],
        responses=MismatchKindSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        wanted = request.query_params.get("kind", "")
        most = MOST if wanted else FIRST
        numbers = counts()
        found = [
            _told(one, numbers[one.name], most)
            for one in kinds()
            if wanted in ("", one.name)
        ]
        _audit(request, [item for one in found for item in one["items"]])
        return Response(MismatchKindSerializer(found, many=True).data)


def _told(kind: Kind, number: int, most: int) -> dict[str, Any]:
    return {
        "kind": kind.name,
        "title": kind.title,
        "count": number,
        "items": kind.items(most) if number else [],
    }


def _audit(request: Request, items: Sequence[Item]) -> None:
    seen = [item.order.pk for item in items if item.order]
    audit.record_view(
        request._request, "reconciliation_viewed", detail={"orders": seen}
    )
