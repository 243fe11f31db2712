"""Z contracts as other programs read them: a contract, change only by adding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.api.pagination import PageNumbers
from radflow.accounts.roles import Capability
from radflow.messaging.contracts import samples
from radflow.messaging.contracts.drafts import as_draft
from radflow.messaging.contracts.rules import FieldRule, rule_of
from radflow.messaging.contracts.samples import TestResult
from radflow.messaging.contracts.selectors import unknown_segments
from radflow.messaging.models import UnknownSegment, ZContract

if TYPE_CHECKING:
    ContractBase = serializers.ModelSerializer[ZContract]
    UnknownBase = serializers.ModelSerializer[UnknownSegment]
else:
    ContractBase = UnknownBase = serializers.ModelSerializer

_FILTERS = ("segment", "status")


class ContractSerializer(ContractBase):
    class Meta:
        model = ZContract
        fields = [
            "id",
            "segment",
            "vendor",
            "product",
            "product_version",
            "version",
            "status",
            "sending_application",
            "sending_facility",
            "message_types",
            "description",
            "evidence",
            "created_at",
            "created_by",
            "approved_at",
            "approver",
            "retired_at",
            "retired_by",
            "retired_reason",
        ]


class FieldSerializer(serializers.Serializer[FieldRule]):
    """`path` is `4.1`, or `4` for a whole field."""

    path = serializers.CharField()
    name = serializers.CharField()
    datatype = serializers.CharField()
    condition = serializers.CharField()
    repeats = serializers.BooleanField()
    max_length = serializers.IntegerField(allow_null=True)
    regex = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())
    lowest = serializers.DecimalField(16, 4, allow_null=True)
    highest = serializers.DecimalField(16, 4, allow_null=True)
    target = serializers.CharField()
    policy = serializers.CharField()
    holds_patient_data = serializers.BooleanField()
    on_error = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """`required` is a name that serializers use themselves."""
        return {**super().get_fields(), "required": serializers.CharField()}


class SampleSerializer(serializers.Serializer[TestResult]):
    """A sample and whether the contract says of it what it should."""

    text = serializers.CharField(source="sample.text")
    valid = serializers.BooleanField(source="sample.valid")
    passed = serializers.BooleanField()
    findings = serializers.ListField(child=serializers.CharField())


class ContractDetailSerializer(ContractSerializer):
    samples = SampleSerializer(many=True)

    class Meta(ContractSerializer.Meta):
        fields = [*ContractSerializer.Meta.fields, "samples"]

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a name that serializers use themselves."""
        return {**super().get_fields(), "fields": FieldSerializer(many=True)}


class UnknownSerializer(UnknownBase):
    """`contract` is the draft made of it, if any."""

    class Meta:
        model = UnknownSegment
        fields = [
            "id",
            "segment",
            "field_count",
            "sending_application",
            "sending_facility",
            "first_message",
            "first_seen_at",
            "contract",
        ]


@extend_schema(tags=["contracts"])
class ContractListView(APIView):
    """Z contracts of every status, by segment."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(
        operation_id="contracts_list",
        parameters=[OpenApiParameter(name) for name in _FILTERS],
        responses=ContractSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        told = ((name, request.query_params.get(name, "")) for name in _FILTERS)
        wanted = {name: value.replace("\0", "") for name, value in told if value}
        pages = PageNumbers()
        found: Any = ZContract.objects.filter(**wanted)
        rows: Any = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ContractSerializer(rows, many=True).data)


@extend_schema(tags=["contracts"])
class ContractDetailView(APIView):
    """One contract with its fields, and its samples held against them."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(responses=ContractDetailSerializer)
    def get(self, request: Request, contract_id: int) -> Response:
        contract = get_object_or_404(ZContract, pk=contract_id)
        rule = rule_of(contract)
        results: Any = samples.run(rule, as_draft(contract).samples)
        fields: Any = rule.fields
        return Response(
            {
                **ContractSerializer(contract).data,
                "fields": FieldSerializer(fields, many=True).data,
                "samples": SampleSerializer(results, many=True).data,
            }
        )


@extend_schema(tags=["contracts"])
class UnknownListView(APIView):
    """Z segments that came without a contract in force, newest first."""

    capability = Capability.VIEW_MESSAGES

    @extend_schema(
        operation_id="unknown_segments_list", responses=UnknownSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        rows = pages.paginate_queryset(unknown_segments(), request, view=self)
        return pages.get_paginated_response(UnknownSerializer(rows, many=True).data)
