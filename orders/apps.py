from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        from orders import authorities, receivers

        receivers.connect()
        authorities.connect()
