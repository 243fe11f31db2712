"""Changes of live orders that wait for a person, as other programs see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from orders.models import HeldChange
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


class DifferenceSerializer(serializers.Serializer[Any]):
    """One value: ours, and what the message says in which field."""

    field = serializers.CharField()
    ours = serializers.CharField()
    theirs = serializers.CharField()
    reason = serializers.CharField()
    source = serializers.SerializerMethodField()  # type: ignore[assignment]

    def get_source(self, difference: dict[str, str]) -> str:
        return difference.get("from", "")


class HeldChangeSerializer(serializers.ModelSerializer[HeldChange]):
    """`applied`: the peer's setting let it through, and it is to be looked at."""

    differences = DifferenceSerializer(many=True)
    message_id = serializers.SerializerMethodField()
    decided_by = serializers.SerializerMethodField()

    class Meta:
        model = HeldChange
        fields = [
            "id",
            "order",
            "state",
            "applied",
            "reasons",
            "differences",
            "status_then",
            "message_id",
            "held_at",
            "decided_at",
            "decided_by",
            "note",
        ]

    def get_message_id(self, change: HeldChange) -> str | None:
        return f"in-{change.inbound_id}" if change.inbound_id else None

    def get_decided_by(self, change: HeldChange) -> str:
        return change.decided_by.username if change.decided_by else ""


@extend_schema(tags=["orders"])
class HeldChangeViewSet(ReadOnlyModelViewSet[HeldChange]):
    """Held changes, newest first. Every read is audited."""

    capability = Capability.VIEW_ORDERS
    queryset = HeldChange.objects.select_related("order", "decided_by").order_by("-id")
    serializer_class = HeldChangeSerializer
    filterset_fields = ("state", "order", "applied")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        seen = [row["id"] for row in response.data["results"]]
        audit.record_view(
            request._request, "held_changes_listed", detail={"changes": seen}
        )
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        change = self.get_object()
        audit.record_view(
            request._request,
            "held_change_viewed",
            order_id=change.order_id,
            patient_id=change.order.patient_id,
        )
        return Response(self.get_serializer(change).data)
