"""People as other programs see them: by identifier, never by name."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from orders.api.filters import PatientFilter
from orders.api.provenance import ValueChangeSerializer
from orders.api.serializers import IdentifierSerializer
from orders.models import MergeJournal, Patient, PatientIdentifier, Visit
from orders.selectors import (
    merges_of,
    patients_with_identifiers,
    provenance_of_patient,
)
from radflow.accounts.roles import Capability
from radflow.audit import services as audit


class FullIdentifierSerializer(serializers.ModelSerializer[PatientIdentifier]):
    class Meta:
        model = PatientIdentifier
        fields = [*IdentifierSerializer.Meta.fields, "preferred", "retired_at"]


class PatientSummarySerializer(serializers.ModelSerializer[Patient]):
    """`merged_into` is the record that stands for this one now."""

    identifiers = FullIdentifierSerializer(many=True)

    class Meta:
        model = Patient
        fields = [
            "id",
            "identifiers",
            "family_name",
            "given_name",
            "birth_date",
            "sex",
            "deceased",
            "merged_into",
            "version",
        ]


class VisitSerializer(serializers.ModelSerializer[Visit]):
    class Meta:
        model = Visit
        fields = [
            "id",
            "number",
            "assigning_authority",
            "account_number",
            "account_authority",
            "patient_class",
            "location",
            "open",
            "cancelled",
            "opened_at",
            "closed_at",
        ]


class MergeSerializer(serializers.ModelSerializer[MergeJournal]):
    """`undone_at` is empty while the merge holds."""

    message_id = serializers.SerializerMethodField()

    class Meta:
        model = MergeJournal
        fields = [
            "id",
            "kind",
            "event",
            "survivor",
            "retired",
            "retired_identifier",
            "at",
            "recorded_at",
            "message_id",
            "undone_at",
            "undo_reason",
        ]

    def get_message_id(self, journal: MergeJournal) -> str | None:
        return f"in-{journal.inbound_id}" if journal.inbound_id else None


class PatientDetailSerializer(PatientSummarySerializer):
    visits = VisitSerializer(many=True)
    merges = serializers.SerializerMethodField()

    class Meta(PatientSummarySerializer.Meta):
        fields = [
            *PatientSummarySerializer.Meta.fields,
            "middle_name",
            "prefix",
            "suffix",
            "name_ideographic",
            "name_phonetic",
            "birth_date_text",
            "deceased_at",
            "allergies",
            "alerts",
            "weight_kg",
            "height_m",
            "pregnancy",
            "visits",
            "merges",
        ]

    @extend_schema_field(MergeSerializer(many=True))
    def get_merges(self, patient: Patient) -> list[dict[str, Any]]:
        return list(MergeSerializer(merges_of(patient), many=True).data)


@extend_schema(tags=["patients"])
class PatientViewSet(ReadOnlyModelViewSet[Patient]):
    """People, by identifier. Every read is audited."""

    capability = Capability.VIEW_ORDERS
    queryset = patients_with_identifiers().order_by("-id")
    serializer_class = PatientSummarySerializer
    filterset_class = PatientFilter

    def get_serializer_class(self) -> type[PatientSummarySerializer]:
        one = self.action == "retrieve"
        return PatientDetailSerializer if one else PatientSummarySerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        seen = [row["id"] for row in response.data["results"]]
        audit.record_view(
            request._request, "patients_listed", detail={"patients": seen}
        )
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        patient = self._read(request)
        return Response(self.get_serializer(patient).data)

    @extend_schema(responses=ValueChangeSerializer(many=True))
    @action(detail=True, pagination_class=None, filterset_class=None)
    def provenance(self, request: Request, pk: str) -> Response:
        """Every value the person ever had, oldest first, with its source."""
        changes = provenance_of_patient(self._read(request))
        return Response(ValueChangeSerializer(changes, many=True).data)

    def _read(self, request: Request) -> Patient:
        """Found by its id alone: the filter is for lists."""
        patient = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        audit.record_view(request._request, "patient_viewed", patient_id=patient.pk)
        return patient
