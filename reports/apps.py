from django.apps import AppConfig

from radflow.duties import Duty, register


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import undoing
        from reports.services import escalate_due

        undoing.connect()
        register(Duty("escalation", escalate_due, seconds=5.0))
