from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "radflow.accounts"
    label = "accounts"
    verbose_name = "People"
