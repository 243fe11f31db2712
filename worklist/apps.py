from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "worklist"

    def ready(self) -> None:
        from radflow import duties
        from radflow.messaging.channels.registry import register
        from worklist import receivers, reconciliation, undoing
        from worklist.channels import dicom_channels
        from worklist.services.asking import ask_archives
        from worklist.services.relaying import relay_dicom

        receivers.connect()
        reconciliation.connect()
        undoing.connect()
        register(dicom_channels)
        duties.register(duties.Duty("DICOM relay", relay_dicom, seconds=5.0))
        duties.register(duties.Duty("archives", ask_archives, seconds=5.0))
