from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.api.pagination import PageNumbers
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from radflow.messaging.api.serializers import (
    MessageDetailSerializer,
    MessageSerializer,
)
from radflow.messaging.models import InboundMessage, OutboundMessage
from radflow.messaging.selectors import (
    IN,
    MessageFilter,
    messages,
    readable,
    row_of,
)

_FILTERS = ("direction", "control_id", "state", "message_type")


@extend_schema(tags=["messages"])
class MessageListView(APIView):
    """Messages of both directions, newest first."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(
        parameters=[OpenApiParameter(name) for name in _FILTERS],
        responses=MessageSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        wanted = {name: request.query_params.get(name, "") for name in _FILTERS}
        pages = PageNumbers()
        found: Any = messages(MessageFilter(**wanted))
        rows: Any = pages.paginate_queryset(found, request, view=self) or []
        seen = [row.reference for row in rows]
        audit.record_view(
            request._request, "messages_listed", detail={"messages": seen}
        )
        lines: Any = MessageSerializer(rows, many=True)
        return pages.get_paginated_response(lines.data)


@extend_schema(tags=["messages"])
class MessageDetailView(APIView):
    """One message with its bytes and its acknowledgement."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(responses=MessageDetailSerializer)
    def get(self, request: Request, reference: str) -> Response:
        message = find(reference)
        audit.record_view(
            request._request, "message_viewed", detail={"message": reference}
        )
        row = row_of(message)
        return Response(
            {
                **MessageSerializer(row).data,
                "raw": readable(bytes(message.raw)),
                "acknowledgement": readable(bytes(message.ack_raw)),
                "warnings": getattr(message, "warnings", []),
            }
        )


def find(reference: str) -> InboundMessage | OutboundMessage:
    """The message of `in-7` or `out-9`; Http404 without one."""
    direction, _, number = reference.partition("-")
    model: Any = InboundMessage if direction == IN else OutboundMessage
    found = model.objects.select_related("peer").filter(pk=int(number)).first()
    if found is None:
        raise Http404
    message: InboundMessage | OutboundMessage = found
    return message
