"""What people said of an exam, as other programs see it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from orders.api.serializers import OrderSerializer
from orders.models import ExamRecord, Order, Protocolling, SafetyAnswer, SafetyRelease
from orders.selectors.exam_facts import exam_facts


class ProtocolSerializer(serializers.ModelSerializer[Protocolling]):
    """In words alone it has no code."""

    by = serializers.CharField(source="user.username")

    class Meta:
        model = Protocolling
        fields = ["code", "text", "system", "contrast", "note", "by", "at"]


class SafetyReleaseSerializer(serializers.ModelSerializer[SafetyRelease]):
    by = serializers.CharField(source="user.username")
    signer = serializers.CharField(source="signer.username")

    class Meta:
        model = SafetyRelease
        fields = ["reason", "comment", "decided_by", "by", "signer", "at"]


class SafetyAnswerSerializer(serializers.ModelSerializer[SafetyAnswer]):
    """The question as it was asked; `stops` by the rule of that moment."""

    by = serializers.CharField(source="user.username")
    release = serializers.SerializerMethodField()

    class Meta:
        model = SafetyAnswer
        fields = [
            "code",
            "text",
            "kind",
            "unit",
            "value",
            "stops",
            "release",
            "by",
            "at",
        ]

    def get_release(self, answer: SafetyAnswer) -> dict[str, Any] | None:
        return SafetyReleaseSerializer(answer.release).data if answer.released else None


class ExamRecordSerializer(serializers.ModelSerializer[ExamRecord]):
    """Dose as it was read at the console: mGy·cm, mGy, Gy·cm²."""

    by = serializers.CharField(source="user.username")

    class Meta:
        model = ExamRecord
        fields = [
            "contrast",
            "contrast_agent",
            "contrast_volume_ml",
            "contrast_route",
            "dlp",
            "ctdi_vol",
            "dose_area_product",
            "repeats",
            "note",
            "by",
            "at",
        ]


class OrderDetailSerializer(OrderSerializer):
    """One order alone; lists leave out what people said of the exam."""

    protocol = serializers.SerializerMethodField()
    needs_protocol = serializers.SerializerMethodField()
    safety_answers = serializers.SerializerMethodField()
    exam_record = serializers.SerializerMethodField()

    class Meta(OrderSerializer.Meta):
        fields = [
            *OrderSerializer.Meta.fields,
            "protocol",
            "needs_protocol",
            "safety_answers",
            "exam_record",
        ]

    def to_representation(self, instance: Order) -> dict[str, Any]:
        self._facts = exam_facts(instance)
        return super().to_representation(instance)

    def get_protocol(self, order: Order) -> dict[str, Any] | None:
        found = self._facts.protocol
        return ProtocolSerializer(found).data if found else None

    def get_needs_protocol(self, order: Order) -> bool:
        """The catalogue wants one, and nobody has decided it."""
        return self._facts.lacks_protocol

    def get_safety_answers(self, order: Order) -> list[dict[str, Any]]:
        return list(SafetyAnswerSerializer(self._facts.answers, many=True).data)

    def get_exam_record(self, order: Order) -> dict[str, Any] | None:
        found = self._facts.record
        return ExamRecordSerializer(found).data if found else None
