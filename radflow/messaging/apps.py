from django.apps import AppConfig
from django.db.models.signals import post_migrate

from radflow.duties import Duty, register


class MessagingConfig(AppConfig):
    name = "radflow.messaging"
    label = "messaging"

    def ready(self) -> None:
        from radflow.messaging.channels.alarms import sweep_channels
        from radflow.messaging.channels.gaps import learn_gaps_again
        from radflow.messaging.contracts.shipped import ship
        from radflow.messaging.handling.bulk import continue_bulks

        post_migrate.connect(ship, sender=self)
        register(Duty("channel sweep", sweep_channels, seconds=10.0))
        register(Duty("bulk replays", continue_bulks, seconds=10.0))
        register(Duty("learning gaps", learn_gaps_again, seconds=600.0))
