"""Peers as other programs see and change them: a contract, change only by adding."""

from __future__ import annotations

from copy import copy
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
from radflow.audit import services as audit
from radflow.messaging.checks import refused_at_the_door
from radflow.messaging.exceptions import PeerChanged
from radflow.messaging.models import Peer, PeerRevision
from radflow.messaging.peers.settings import FIELDS, change_peer, proposed
from radflow.messaging.peers.trial import MOST, Trial, try_settings

if TYPE_CHECKING:
    PeerBase = serializers.ModelSerializer[Peer]
    RevisionBase = serializers.ModelSerializer[PeerRevision]
else:
    PeerBase = RevisionBase = serializers.ModelSerializer


class PeerSerializer(PeerBase):
    """The settings; `mapping` is an object of key to list of fields (OBR-18.1)."""

    class Meta:
        model = Peer
        fields = ["id", "revision", *FIELDS]
        read_only_fields = ["id", "revision"]


class PeerChangeSerializer(PeerSerializer):
    """Only what shall change, with the revision that it was read at."""

    revision = serializers.IntegerField(help_text="As read; another one is 409.")
    reason = serializers.CharField(required=False, max_length=200)

    class Meta(PeerSerializer.Meta):
        fields = ["revision", "reason", *FIELDS]
        read_only_fields: list[str] = []
        # The service judges the whole peer, this pair of names with it.
        validators: list[Any] = []


class RevisionSerializer(RevisionBase):
    class Meta:
        model = PeerRevision
        fields = ["number", "values", "changed_at", "changed_by", "reason"]


class TrialRequestSerializer(PeerSerializer):
    """The settings to try, and with how many of the last messages."""

    last = serializers.IntegerField(min_value=1, max_value=MOST, default=50)

    class Meta(PeerSerializer.Meta):
        fields = ["last", *FIELDS]
        validators: list[Any] = []


class DifferenceSerializer(serializers.Serializer[Any]):
    """Values of patients are not told, only that they would differ."""

    name = serializers.CharField()
    old = serializers.CharField(allow_null=True)
    new = serializers.CharField(allow_null=True)


class TriedMessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Such as in-7.")
    control_id = serializers.CharField()
    message_type = serializers.CharField()
    received_at = serializers.DateTimeField()
    changes = DifferenceSerializer(many=True)


class TrialSerializer(serializers.Serializer[Any]):
    """Of `found` messages `tried` were read both ways; those that would differ."""

    found = serializers.IntegerField()
    tried = serializers.IntegerField()
    messages = TriedMessageSerializer(many=True)


@extend_schema(tags=["peers"])
class PeerListView(APIView):
    """The systems that we talk HL7 with, by name."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(operation_id="peers_list", responses=PeerSerializer(many=True))
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        found = pages.paginate_queryset(Peer.objects.all(), request, view=self)
        return pages.get_paginated_response(PeerSerializer(found, many=True).data)


@extend_schema(tags=["peers"])
class PeerDetailView(APIView):
    """One peer; a change needs the revision that it was read at."""

    capability = Capability.VIEW_MESSAGES
    capability_to_change = Capability.MANAGE_INTERFACES

    @extend_schema(responses=PeerSerializer)
    def get(self, request: Request, peer_id: int) -> Response:
        return Response(PeerSerializer(get_object_or_404(Peer, pk=peer_id)).data)

    @extend_schema(
        request=PeerChangeSerializer(partial=True),
        responses={
            200: PeerSerializer,
            409: OpenApiResponse(description="PEER_CHANGED: read it again first."),
        },
    )
    def patch(self, request: Request, peer_id: int) -> Response:
        peer = get_object_or_404(Peer, pk=peer_id)
        asked = PeerChangeSerializer(peer, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        return Response(PeerSerializer(_changed(request, peer, asked)).data)


def _changed(request: Request, peer: Peer, asked: PeerChangeSerializer) -> Peer:
    values: dict[str, Any] = dict(asked.validated_data)
    if "revision" not in values:
        raise ValidationError({"revision": ["Say which revision you have read."]})
    try:
        return change_peer(
            peer_id=peer.pk,
            revision=values.pop("revision"),
            reason=values.pop("reason", ""),
            values=values,
            by=current_user(request._request),
        )
    except PeerChanged as error:
        raise Refusal("PEER_CHANGED", error.text) from error
    except Invalid as error:
        raise ValidationError(error.message_dict) from error


@extend_schema(tags=["peers"])
class PeerRevisionsView(APIView):
    """What the settings of one peer were, newest first."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(responses=RevisionSerializer(many=True))
    def get(self, request: Request, peer_id: int) -> Response:
        peer = get_object_or_404(Peer, pk=peer_id)
        found = peer.revisions.all()
        return Response(RevisionSerializer(found, many=True).data)


@extend_schema(tags=["peers"])
class PeerTrialView(APIView):
    """What the last messages would become under other settings; applies nothing."""

    capability = Capability.MANAGE_INTERFACES

    @extend_schema(
        request=TrialRequestSerializer(partial=True), responses=TrialSerializer
    )
    def post(self, request: Request, peer_id: int) -> Response:
        peer = get_object_or_404(Peer, pk=peer_id)
        asked = TrialRequestSerializer(peer, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(asked.validated_data)
        last = values.pop("last", 50)
        try:
            wanted = proposed(copy(peer), values)
        except Invalid as error:
            raise ValidationError(error.message_dict) from error
        trial = try_settings(
            current=peer, proposed=wanted, last=last, refusal=refused_at_the_door
        )
        shown = _told(trial)
        seen = [line["id"] for line in shown["messages"]]
        audit.record_view(
            request._request,
            "settings_tried",
            detail={"peer": peer_id, "messages": seen},
        )
        return Response(TrialSerializer(shown).data)


def _told(trial: Trial) -> dict[str, Any]:
    lines = [
        {
            "id": f"in-{message.id}",
            "control_id": message.control_id,
            "message_type": message.message_type,
            "received_at": message.received_at,
            "changes": [
                {
                    "name": change.label,
                    "old": None if change.is_personal else change.old,
                    "new": None if change.is_personal else change.new,
                }
                for change in message.changes
            ],
        }
        for message in trial.messages
    ]
    return {"found": trial.found, "tried": trial.tried, "messages": lines}
