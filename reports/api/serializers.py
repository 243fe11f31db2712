"""Reports and cases as other programs see them: a contract, change only by adding."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers

from reports.models import CriticalCase, Method, Report, ReportVersion, SectionCode


class VersionSerializer(serializers.ModelSerializer[ReportVersion]):
    signed_by = serializers.CharField(source="signed_by.username")

    class Meta:
        model = ReportVersion
        fields = [
            "id",
            "number",
            "status",
            "signed_by",
            "signed_at",
            "content_hash",
            "critical",
        ]


class SectionSerializer(serializers.Serializer[Report]):
    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()


class ReportSerializer(serializers.ModelSerializer[Report]):
    """`sections` are those of the newest signed version, none before that."""

    accession_number = serializers.CharField(source="order.accession_number")
    sections = serializers.SerializerMethodField()
    versions = VersionSerializer(many=True)
    claimed_by = serializers.CharField(source="claimed_by.username", default=None)

    class Meta:
        model = Report
        fields = [
            "id",
            "order_id",
            "accession_number",
            "status",
            "claimed_by",
            "sections",
            "versions",
            "version",
        ]

    def get_sections(self, report: Report) -> list[dict[str, str]]:
        signed = list(report.versions.all())
        if not signed:
            return []
        texts = signed[-1].sections
        return [
            {"code": code.value, "title": code.label, "text": texts[code.value]}
            for code in SectionCode
            if texts.get(code.value)
        ]


class CaseSerializer(serializers.ModelSerializer[CriticalCase]):
    accession_number = serializers.CharField(source="order.accession_number")
    overdue = serializers.SerializerMethodField()
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.username", default=None
    )

    class Meta:
        model = CriticalCase
        fields = [
            "id",
            "number",
            "order_id",
            "accession_number",
            "category",
            "finding",
            "state",
            "overdue",
            "identified_at",
            "due_at",
            "next_step_at",
            "level",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledged_person",
            "method",
            "read_back",
            "note",
            "closed_at",
            "version",
        ]

    def get_overdue(self, case: CriticalCase) -> bool:
        return case.is_open and case.due_at <= timezone.now()


class AcknowledgementSerializer(serializers.Serializer[CriticalCase]):
    person = serializers.CharField(max_length=120)
    method = serializers.ChoiceField(choices=Method.choices)
    read_back = serializers.BooleanField()
    note = serializers.CharField(required=False, allow_blank=True, default="")
