"""Where the images of exams are, for programs."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from worklist.api.filters import StudyFilter
from worklist.models import (
    CommitmentResult,
    DicomDelivery,
    DoseRecord,
    Study,
    StudySeries,
)


class SeriesSerializer(serializers.ModelSerializer[StudySeries]):
    class Meta:
        model = StudySeries
        fields = [
            "series_instance_uid",
            "number",
            "modality",
            "description",
            "holds",
            "instance_count",
        ]


class DoseSerializer(serializers.ModelSerializer[DoseRecord]):
    """DLP in mGy.cm, area dose product in dGy.cm2, doses in mGy."""

    class Meta:
        model = DoseRecord
        fields = [
            "source",
            "device",
            "at",
            "dose_length_product",
            "area_dose_product",
            "reference_dose",
            "entrance_dose",
            "fluoroscopy_seconds",
            "exposures",
            "comment",
            "events",
            "unread",
        ]


class CommitmentSerializer(serializers.ModelSerializer[CommitmentResult]):
    archive = serializers.CharField(source="archive.name")

    class Meta:
        model = CommitmentResult
        fields = ["archive", "transaction_uid", "committed", "failed", "reasons", "at"]


class DeliverySerializer(serializers.ModelSerializer[DicomDelivery]):
    """`why` is the rule that chose the node; empty where the node wants every exam."""

    node = serializers.CharField(source="node.name")

    class Meta:
        model = DicomDelivery
        fields = ["node", "kind", "state", "attempts", "why", "settled_at"]


class StudySerializer(serializers.ModelSerializer[Study]):
    """`scanner_*` is what performed steps told, `archived_*` what the archive has."""

    accession_number = serializers.CharField(
        source="order.accession_number", default=None
    )
    archive = serializers.CharField(source="archive.name", default=None)
    scanner_series = serializers.IntegerField(source="series_count")
    scanner_instances = serializers.IntegerField(source="instance_count")
    series = SeriesSerializer(many=True)
    viewer = serializers.CharField()
    doses = DoseSerializer(source="order.doses", many=True, default=list)
    commitments = CommitmentSerializer(many=True)
    deliveries = DeliverySerializer(
        source="order.dicom_deliveries", many=True, default=list
    )

    class Meta:
        model = Study
        fields = [
            "id",
            "order",
            "accession_number",
            "study_instance_uid",
            "scanner_series",
            "scanner_instances",
            "archive",
            "retrieve_ae_title",
            "availability",
            "available_at",
            "archived_series",
            "archived_instances",
            "missing_instances",
            "viewer",
            "series",
            "doses",
            "commitments",
            "deliveries",
        ]


@extend_schema(tags=["images"])
class StudyViewSet(ReadOnlyModelViewSet[Study]):
    """Studies, the newest first, without names of patients. Reads are audited."""

    capability = Capability.VIEW_ORDERS
    serializer_class = StudySerializer
    filterset_class = StudyFilter
    queryset = (
        Study.objects.select_related("order", "archive")
        .prefetch_related(
            "series",
            Prefetch("commitments", CommitmentResult.objects.select_related("archive")),
            Prefetch("order__doses", DoseRecord.objects.shown()),
            Prefetch("order__dicom_deliveries", DicomDelivery.objects.shown()),
        )
        .order_by("-id")
    )

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().list(request, *args, **kwargs)
        seen = [one["order"] for one in answer.data["results"] if one["order"]]
        audit.record_view(request._request, "studies_listed", detail={"orders": seen})
        return answer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().retrieve(request, *args, **kwargs)
        audit.record_view(
            request._request, "study_viewed", order_id=answer.data["order"]
        )
        return answer
