#!/usr/bin/env bash
# Makes .venv, installs the pinned requirements, again only when they changed, and
# compiles the catalogues of languages.
# Usage: deploy/setup.sh [run|dev]
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-run}
python=${PYTHON:-python3}
requirements=(requirements.txt)
[ "$kind" = run ] || requirements+=(requirements-dev.txt)

fail() {
    echo "$1" >&2
    exit 1
}

ensure_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
    else
        fail "Python lacks its venv module: sudo apt install $package"
    fi
}

# Two `make` in one checkout take turns.
exec 9<.
flock 9

command -v "$python" >/dev/null || fail "Python 3.11 or later is needed: sudo apt install python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed, $python is $("$python" -V): set PYTHON, as in make PYTHON=python3.12"

# A moved checkout or an upgraded Python leaves one that does not start.
if ! { grep -q "$PWD/.venv" .venv/bin/activate && .venv/bin/python -m pip --version; } \
    >/dev/null 2>&1; then
    ensure_venv_module
    "$python" -m venv --clear .venv
fi

stamp=".venv/installed-$kind"
wanted=$(sha256sum "${requirements[@]}")
if [ "$wanted" != "$(cat "$stamp" 2>/dev/null)" ]; then
    echo "Installing the pinned requirements (about a minute the first time)."
    .venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check \
        --require-hashes "${requirements[@]/#/--requirement=}"
    echo "$wanted" >"$stamp"
fi

.venv/bin/python -m radflow.languages compile
