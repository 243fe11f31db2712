"""`manage.py seed_demo`: the invented department and two weeks of its history."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from orders.models import Order
from radflow.demo import appointments, history, identity, site


class Command(BaseCommand):
    help = "Fill an empty demo. Repeated runs keep what is there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data belongs to demo mode (RADFLOW_DEMO=1).")
        site.make_sites()
        people = site.make_people()
        site.make_department()
        site.make_peers()
        if Order.objects.exists():
            return
        count = history.write(people)
        identity.write(people)
        appointments.write(people["coord"])
        self.stdout.write(f"Demo: {count} orders of the last two weeks.")
