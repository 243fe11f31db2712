from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MessagingConfig(AppConfig):
    name = "radflow.messaging"
    label = "messaging"

    def ready(self) -> None:
        from radflow.messaging.contracts.shipped import ship

        post_migrate.connect(ship, sender=self)
