"""What other programs may do with a message; what does not fit its state is a 409."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.api.errors import Refusal
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.messaging.api.serializers import MessageSerializer
from radflow.messaging.api.views import find
from radflow.messaging.exceptions import WrongState
from radflow.messaging.models import InboundMessage, OutboundMessage
from radflow.messaging.selectors import row_of
from radflow.messaging.services import discard_message, replay_message, resend_message

Message = InboundMessage | OutboundMessage


class DiscardSerializer(serializers.Serializer[None]):
    reason = serializers.CharField(max_length=200)


class _ActionView(APIView):
    capability = Capability.MANAGE_INTERFACES


@extend_schema(tags=["messages"], request=None, responses=MessageSerializer)
class ReplayView(_ActionView):
    """Put a parked message back into the queue."""

    def post(self, request: Request, reference: str) -> Response:
        found = _of(InboundMessage, reference)
        by = _person(request)
        return _answer(lambda: replay_message(message_id=found.pk, by=by))


@extend_schema(tags=["messages"], request=None, responses=MessageSerializer)
class ResendView(_ActionView):
    """Send a refused or dead message again, with the same control ID."""

    def post(self, request: Request, reference: str) -> Response:
        found = _of(OutboundMessage, reference)
        by = _person(request)
        return _answer(lambda: resend_message(message_id=found.pk, by=by))


@extend_schema(
    tags=["messages"], request=DiscardSerializer, responses=MessageSerializer
)
class DiscardView(_ActionView):
    """Give up a refused message, so that what waits behind it can go."""

    def post(self, request: Request, reference: str) -> Response:
        found = _of(OutboundMessage, reference)
        given = DiscardSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        reason, by = given.validated_data["reason"], _person(request)
        return _answer(
            lambda: discard_message(message_id=found.pk, reason=reason, by=by)
        )


def _of(kind: type[Message], reference: str) -> Message:
    message = find(reference)
    if not isinstance(message, kind):
        raise Http404
    return message


def _person(request: Request) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def _answer(act: Callable[[], Message]) -> Response:
    try:
        message = act()
    except WrongState as refusal:
        raise Refusal(refusal.code, refusal.text) from refusal
    return Response(MessageSerializer(row_of(message)).data)
