"""Messages as other programs see them: a contract, change only by adding."""

from __future__ import annotations

from rest_framework import serializers

from radflow.messaging.selectors import MessageRow


class ErrorSerializer(serializers.Serializer[MessageRow]):
    code = serializers.CharField(source="error_code")
    location = serializers.CharField(source="error_location")
    text = serializers.CharField(source="error_text")


class MessageSerializer(serializers.Serializer[MessageRow]):
    """`id` is `in-7` or `out-9`; `received_at` of an outbound one is its queueing."""

    id = serializers.CharField(source="reference")
    direction = serializers.ChoiceField(choices=["in", "out"])
    control_id = serializers.CharField()
    message_type = serializers.CharField()
    sending_application = serializers.CharField()
    sending_facility = serializers.CharField()
    state = serializers.CharField()
    received_at = serializers.DateTimeField(source="at")
    error = ErrorSerializer(source="*")
    order_ids = serializers.ListField(child=serializers.IntegerField())
    ack_code = serializers.CharField()


class MessageDetailSerializer(MessageSerializer):
    """With the bytes as text: what does not fit UTF-8 is shown as Latin-1."""

    raw = serializers.CharField()
    acknowledgement = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
