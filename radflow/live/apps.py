from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "radflow.live"
    label = "live"
