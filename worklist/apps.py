from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "worklist"

    def ready(self) -> None:
        from radflow.messaging.channels.registry import register
        from worklist import receivers, reconciliation, undoing
        from worklist.channels import dicom_channels

        receivers.connect()
        reconciliation.connect()
        undoing.connect()
        register(dicom_channels)
