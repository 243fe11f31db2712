#!/usr/bin/env bash
# The end-to-end tests drive a browser and DICOM's command-line tools.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing+=(chromium)
# The virtual environment has a findscu of its own (pynetdicom's): not that one.
[ -x /usr/bin/findscu ] || missing+=(dcmtk)
# Without it names in Japanese are boxes in the pictures; nothing else needs it.
font=fonts-ipafont-gothic
fc-list :lang=ja 2>/dev/null | grep . >/dev/null || missing+=("$font")
[ ${#missing[@]} = 0 ] && exit 0

lack() {
    echo "Needed for the end-to-end tests: sudo apt install ${missing[*]}" >&2
    [ "${missing[*]}" = "$font" ]
    exit
}

if [ "$(id -u)" = 0 ]; then
    sudo=()
elif sudo -n true 2>/dev/null; then
    sudo=(sudo -n)
else
    lack
fi
echo "Installing ${missing[*]}."
{
    "${sudo[@]}" apt-get update -qq &&
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
} || lack
