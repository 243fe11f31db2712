"""`manage.py hl7`: the MLLP listener, and what an interface team does by hand."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from radflow.messaging.listening import CannotListen
from radflow.messaging.shell import check, listen, replay, send, tail

LISTEN = "listen"
ACTIONS = {"send": send, "tail": tail, "check": check, "replay": replay}


class Command(BaseCommand):
    help = (
        "HL7 v2 over MLLP. Without a subcommand it listens, needing only PostgreSQL, "
        "and ends with SIGTERM or Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="SUBCOMMAND")
        text = "Take messages on the configured ports (the default)."
        actions.add_parser(LISTEN, help=text, description=text)
        for name, module in ACTIONS.items():
            one = actions.add_parser(name, help=module.HELP, description=module.HELP)
            module.add_arguments(one)

    def handle(self, *args: Any, **options: Any) -> None:
        action = options.get("action") or LISTEN
        if action != LISTEN:
            ACTIONS[action].run(self.stdout, sys.stderr, options)
            return
        try:
            listen.run()
        except CannotListen as error:
            raise CommandError(str(error)) from error
