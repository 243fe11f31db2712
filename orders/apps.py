from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders import authorities, checks, receivers, undoing  # noqa: F401
        from orders.reconciliation import kinds, reports

        receivers.connect()
        authorities.connect()
        undoing.connect()
        kinds.connect()
        reports.connect()
