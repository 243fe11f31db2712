"""Peers as other programs see and change them: a contract, change only by adding."""

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
from radflow.messaging.exceptions import PeerChanged
from radflow.messaging.models import Peer, PeerRevision
from radflow.messaging.peers.settings import FIELDS, change_peer

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

    @property
    def capability(self) -> Capability:
        changes = self.request.method not in ("GET", "HEAD", "OPTIONS")
        return Capability.MANAGE_INTERFACES if changes else Capability.VIEW_MESSAGES

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
