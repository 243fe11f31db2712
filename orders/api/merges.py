"""Merges that were made, and pairs that may be merged, as other programs see them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from orders.api.filters import DuplicateFilter, MergeFilter
from orders.api.patients import MergeSerializer
from orders.models import DuplicateCandidate, MergeJournal
from orders.selectors import all_merges
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


def _name(user: User | None) -> str:
    return user.username if user else ""


class JournalSerializer(MergeSerializer):
    """`by` is a person, or what made it; `undone_by` is empty while the merge holds."""

    by = serializers.SerializerMethodField()
    undone_by = serializers.SerializerMethodField()

    class Meta(MergeSerializer.Meta):
        fields = [*MergeSerializer.Meta.fields, "by", "undone_by"]

    def get_by(self, journal: MergeJournal) -> str:
        return _name(journal.user) or journal.actor

    def get_undone_by(self, journal: MergeJournal) -> str:
        return _name(journal.undone_by)


class DuplicateSerializer(serializers.ModelSerializer[DuplicateCandidate]):
    decided_by = serializers.SerializerMethodField()

    class Meta:
        model = DuplicateCandidate
        fields = [
            "id",
            "first",
            "second",
            "reasons",
            "score",
            "state",
            "found_at",
            "decided_at",
            "decided_by",
            "note",
        ]

    def get_decided_by(self, pair: DuplicateCandidate) -> str:
        return _name(pair.decided_by)


@extend_schema(tags=["patients"])
class MergeViewSet(ReadOnlyModelViewSet[MergeJournal]):
    """Merges and moves, newest first. Every read is audited."""

    capability = Capability.VIEW_ORDERS
    queryset = all_merges()
    serializer_class = JournalSerializer
    filterset_class = MergeFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        _audit(request, "merges_listed", response.data["results"])
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().retrieve(request, *args, **kwargs)
        _audit(request, "merge_viewed", [response.data])
        return response


@extend_schema(tags=["patients"])
class DuplicateViewSet(ReadOnlyModelViewSet[DuplicateCandidate]):
    """Pairs that may be of one person, newest first. Every read is audited."""

    capability = Capability.VIEW_ORDERS
    queryset = DuplicateCandidate.objects.select_related("decided_by").order_by("-id")
    serializer_class = DuplicateSerializer
    filterset_class = DuplicateFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        _audit(request, "duplicates_listed", response.data["results"])
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().retrieve(request, *args, **kwargs)
        _audit(request, "duplicate_viewed", [response.data])
        return response


_PEOPLE = ("survivor", "retired", "first", "second")


def _audit(request: Request, action: str, rows: list[dict[str, Any]]) -> None:
    people = {row[side] for row in rows for side in _PEOPLE if side in row}
    audit.record_view(request._request, action, detail={"patients": sorted(people)})
