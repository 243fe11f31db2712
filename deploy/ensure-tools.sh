#!/usr/bin/env bash
# The end-to-end tests drive a browser, DICOM's command-line tools and an archive.
set -euo pipefail

missing=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing+=(chromium)
# The virtual environment has a findscu of its own (pynetdicom's): not that one.
[ -x /usr/bin/findscu ] || missing+=(dcmtk)
# Without the font names in Japanese are boxes in the pictures; without the archive its
# one test is left out, and says so. Nothing else needs either.
optional=()
fc-list :lang=ja 2>/dev/null | grep . >/dev/null || optional+=(fonts-ipafont-gothic)
[ -x /usr/sbin/Orthanc ] || optional+=(orthanc)
[ $((${#missing[@]} + ${#optional[@]})) = 0 ] && exit 0

if [ "$(id -u)" = 0 ]; then
    sudo=()
elif sudo -n true 2>/dev/null; then
    sudo=(sudo -n)
else
    sudo=(false)
fi

# RUNLEVEL 1: a service that is installed is not started.
install() {
    echo "Installing $*."
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

"${sudo[@]}" apt-get update -qq || true
for each in "${optional[@]}"; do
    install "$each" || echo "Wanted for the end-to-end tests: sudo apt install $each" >&2
done
[ ${#missing[@]} = 0 ] || install "${missing[@]}" || {
    echo "Needed for the end-to-end tests: sudo apt install ${missing[*]}" >&2
    exit 1
}
