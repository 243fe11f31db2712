#!/usr/bin/env python
"""Django's command line for radflow."""

from __future__ import annotations

import os
import sys

from radflow.launch import running


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "radflow.settings")
    running.join(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
