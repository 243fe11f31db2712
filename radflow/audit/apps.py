from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "radflow.audit"
    label = "audit"
