"""The order as other programs see it: a contract, change only by adding."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from orders.models import Order, OrderEvent, Patient, PatientIdentifier, Priority

PRIORITY_NAMES = {
    Priority.STAT: "stat",
    Priority.ASAP: "asap",
    Priority.ROUTINE: "routine",
    Priority.PREOP: "preop",
    Priority.CALLBACK: "callback",
    Priority.TIMING_CRITICAL: "timing_critical",
}


class IdentifierSerializer(serializers.ModelSerializer[PatientIdentifier]):
    class Meta:
        model = PatientIdentifier
        fields = ["value", "assigning_authority", "type"]


class PatientSerializer(serializers.ModelSerializer[Patient]):
    identifiers = IdentifierSerializer(many=True)

    class Meta:
        model = Patient
        fields = [
            "id",
            "identifiers",
            "family_name",
            "given_name",
            "birth_date",
            "sex",
        ]


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    system = serializers.CharField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    patient = PatientSerializer()
    procedure = serializers.SerializerMethodField()
    priority = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = [
            "id",
            "placer_order_number",
            "filler_order_number",
            "accession_number",
            "study_instance_uid",
            "status",
            "priority",
            "modality",
            "procedure",
            "patient",
            "scheduled_start",
            "station_ae_title",
            "report_status",
            "version",
            "laterality",
            "needs_attention",
            "created_at",
            "placer_group_number",
            "parent",
            "replaces",
            "is_container",
            "holds",
            "identity_conflict",
            "ordered_at",
        ]

    def get_procedure(self, order: Order) -> dict[str, str]:
        return {
            "code": order.procedure_code,
            "text": order.procedure_text,
            "system": order.procedure_system,
        }

    def get_priority(self, order: Order) -> str:
        return PRIORITY_NAMES[Priority(order.priority)]


class TimelineEntrySerializer(serializers.ModelSerializer[OrderEvent]):
    """`message_id` and `exchange_id` lead to the bytes that caused the entry."""

    actor = serializers.SerializerMethodField()
    message_id = serializers.SerializerMethodField()

    class Meta:
        model = OrderEvent
        fields = [
            "id",
            "at",
            "recorded_at",
            "kind",
            "title",
            "detail",
            "from_status",
            "to_status",
            "actor",
            "message_id",
            "exchange_id",
            "report_version_id",
            "case_id",
        ]

    def get_actor(self, event: OrderEvent) -> str:
        return event.user.username if event.user else event.actor

    def get_message_id(self, event: OrderEvent) -> str | None:
        if event.inbound_id:
            return f"in-{event.inbound_id}"
        return f"out-{event.outbound_id}" if event.outbound_id else None
