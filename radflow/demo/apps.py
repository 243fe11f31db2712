from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "radflow.demo"
    label = "demo"
