from django.apps import AppConfig

from radflow.duties import Duty, register


class DeskConfig(AppConfig):
    name = "radflow.desk"
    label = "desk"

    def ready(self) -> None:
        from radflow.desk.drafts import forget_old
        from radflow.desk.undo import forget_old_steps

        register(Duty("old drafts", forget_old, seconds=3600.0))
        register(Duty("old steps", forget_old_steps, seconds=3600.0))
