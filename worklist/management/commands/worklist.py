"""`manage.py worklist`: why an exam is on a worklist or not, and what is on one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.models import Order
from worklist.explain import (
    Reason,
    explain,
    explain_everywhere,
    parked_for,
    told_parked,
)
from worklist.models import Station
from worklist.selectors.callers import station_named
from worklist.selectors.worklist import everything_for

MOST = 500


class Command(BaseCommand):
    help = "Explain and preview what scanners see on their worklists."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(
            dest="action", metavar="SUBCOMMAND", required=True
        )
        text = "Why an exam is, or is not, on a worklist."
        why = actions.add_parser("explain", help=text, description=text)
        why.add_argument("accession", metavar="ACCESSION")
        why.add_argument("--station", help="AE title or name; without: every station")
        text = "What a station would be answered now."
        preview = actions.add_parser("preview", help=text, description=text)
        preview.add_argument("--station", required=True, help="AE title or name")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "explain":
            self._explain(options["accession"], options["station"])
        else:
            self._preview(_station(options["station"]))

    def _explain(self, number: str, wanted: str | None) -> None:
        order = Order.objects.filter(accession_number=number).first()
        if order is None:
            self._explain_unknown(number)
        elif wanted:
            station = _station(wanted)
            self._tell(station, explain(order, station))
        else:
            for verdict in explain_everywhere(order):
                self._tell(verdict.station, verdict.reasons)

    def _explain_unknown(self, number: str) -> None:
        parked = parked_for(number)
        if not parked:
            raise CommandError(
                f"No exam has the accession number {number}, and no parked message "
                "names it."
            )
        self.stdout.write(f"There is no exam {number} yet.")
        for message in parked:
            self._write(told_parked(message))

    def _tell(self, station: Station, reasons: list[Reason]) -> None:
        offered = all(reason.offered for reason in reasons)
        self.stdout.write(f"{station}: {'offered' if offered else 'not offered'}")
        for reason in reasons:
            self._write(reason)

    def _write(self, reason: Reason) -> None:
        where = f" ({reason.page.url})" if reason.fix and reason.page else ""
        self.stdout.write(f"  {reason.text} {reason.fix}".rstrip() + where)

    def _preview(self, station: Station) -> None:
        """Without names: what is typed in a shell may be kept in a log."""
        offers = everything_for(station, MOST)
        for offer in offers:
            item = offer.item
            self.stdout.write(
                f"{offer.day} {offer.clock}  {item.accession.value:16}  "
                f"{item.modality:4} {item.station_ae:16} {item.step_status:10} "
                f"{item.step_description}"
            )
        self.stdout.write(f"{len(offers)} exams on the worklist of {station}.")


def _station(text: str) -> Station:
    station = station_named(text)
    if station is None:
        known = ", ".join(Station.objects.values_list("ae_title", flat=True))
        raise CommandError(f"There is no station {text}. Known: {known or 'none'}.")
    return station
