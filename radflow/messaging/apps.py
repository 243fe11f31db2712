from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "radflow.messaging"
    label = "messaging"
