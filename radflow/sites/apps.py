from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "radflow.sites"
    label = "sites"
    verbose_name = "Sites"
