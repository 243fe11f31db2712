#!/usr/bin/env bash
# Everything that can be said about the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
# The settings want these; nothing here connects but the migration check.
export RADFLOW_DEMO=0 RADFLOW_SECRET_KEY=only-for-checks

step() {
    echo "check: $*"
    "$@"
}

step ruff check --quiet
step ruff format --check --quiet
step python static/vendor.py --check
step djlint --quiet --lint templates
step lint-imports --no-logo
step mypy radflow orders worklist reports tests manage.py
step python manage.py makemigrations --check --dry-run
