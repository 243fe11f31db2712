"""`make screenshots`: every page, in both themes and widths, from a running demo.

`ARGS="--only gate"` takes the pages whose name begins so; `--folder` is where to.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

import django
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.instance import Instance

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
MOST_BYTES = 300_000


def main() -> None:
    asked = _arguments()
    _configure()
    from tests.tour.pictures import index_of, take_all  # they read the settings

    asked.folder.mkdir(parents=True, exist_ok=True)
    with Instance() as radflow, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        names = take_all(radflow, browser, asked.folder, asked.only)
        browser.close()
    if not asked.only:
        (asked.folder / "README.md").write_text(index_of(names))
    _check_sizes(asked.folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="names that begin with this")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    return parser.parse_args()


def _configure() -> None:
    """The pages of a failing server are rendered here: it does not fail on wish."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "radflow.settings",
        "RADFLOW_SECRET_KEY": "only-for-pictures",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    django.setup()
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _check_sizes(folder: Path) -> None:
    sizes = {file.name: file.stat().st_size for file in sorted(folder.glob("*.png"))}
    large = [f"{name} {n // 1000} kB" for name, n in sizes.items() if n > MOST_BYTES]
    if large:
        sys.exit(f"Larger than {MOST_BYTES // 1000} kB: {', '.join(large)}.")
    print(f"{len(sizes)} pictures, {sum(sizes.values()) / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
