#!/usr/bin/env bash
# Compiles requirements*.in for every supported Python and platform at once.
# Newer versions of everything not held: make lock ARGS=--upgrade
set -euo pipefail
cd "$(dirname "$0")/.."

[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv

for name in requirements requirements-dev; do
    .venv/bin/uv pip compile --quiet "$@" --generate-hashes --universal \
        --python-version 3.11 --no-emit-index-url \
        --custom-compile-command "make lock" \
        --output-file "$name.txt" "$name.in"
done
