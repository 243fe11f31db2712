from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from orders.api.exam_facts import OrderDetailSerializer
from orders.api.filters import OrderFilter
from orders.api.provenance import ValueChangeSerializer
from orders.api.serializers import OrderSerializer, TimelineEntrySerializer
from orders.models import Order
from orders.selectors import orders_with_patients, provenance_of, timeline_of
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


@extend_schema(tags=["orders"])
class OrderViewSet(ReadOnlyModelViewSet[Order]):
    """Orders, newest first. Every read is audited."""

    capability = Capability.VIEW_ORDERS
    queryset = orders_with_patients()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        seen = [row["id"] for row in response.data["results"]]
        audit.record_view(request._request, "orders_listed", detail={"orders": seen})
        return response

    @extend_schema(responses=OrderDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        order = self.get_object()
        self._audit(request, "order_viewed", order)
        return Response(OrderDetailSerializer(order).data)

    @extend_schema(responses=TimelineEntrySerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """Everything that happened to the order, oldest first, with its causes."""
        order = self.get_object()
        self._audit(request, "timeline_viewed", order)
        return Response(TimelineEntrySerializer(timeline_of(order), many=True).data)

    @extend_schema(responses=ValueChangeSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def provenance(self, request: Request, pk: str) -> Response:
        """Every value of order, patient and visit, oldest first, with its source."""
        order = self.get_object()
        self._audit(request, "provenance_viewed", order)
        return Response(ValueChangeSerializer(provenance_of(order), many=True).data)

    def _audit(self, request: Request, what: str, order: Order) -> None:
        audit.record_view(
            request._request, what, order_id=order.pk, patient_id=order.patient_id
        )
