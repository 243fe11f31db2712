"""`make docs`: the documents that are written from the code."""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "radflow.settings")
    django.setup()
    from tests import docs_dicom, docs_machines  # they read the models

    for each in (docs_machines, docs_dicom):
        each.DOCUMENT.write_text(each.document(), encoding="utf-8")
        print(f"Written: {each.DOCUMENT}")


if __name__ == "__main__":
    main()
