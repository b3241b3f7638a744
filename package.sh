#!/bin/sh
# Builds the Splunk app: dist/loglm_bridge-<version>.tar.gz (or into the folder given). Byte-identical each time.
# Needs Python 3.11 or newer (PYTHON=... chooses one) and a package index that pip knows; everything taken is pinned by hash.
set -eu
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)
cd "$(dirname "$0")"
python=${PYTHON:-python3}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
pip() { "$work/venv/bin/python" -m pip --disable-pip-version-check install -qq --require-hashes --no-deps "$@"; }

pip --only-binary :all: -r app/tools.lock
# The pure wheels that each of Splunk's Pythons accepts, on whatever Python this runs: see app/vendored.lock.
vendor() { # vendor FOLDER_OF_THE_APP PYTHON_VERSION TARGET
    "$python" -c 'import sys; from app.assembly.lock import requirements_of
print(requirements_of(open("app/vendored.lock").read(), sys.argv[1]), end="")' "$1" > "$work/requirements"
    pip --only-binary :all: --no-binary splunk-sdk --no-build-isolation --no-compile \
        --python-version "$2" --platform any --implementation py --abi none --target "$3" -r "$work/requirements"
}
export PYTHONDONTWRITEBYTECODE=1
vendor lib 3.9 "$work/lib"
vendor lib/py310 3.13 "$work/py310"
"$python" -m app.assembly "$work/lib" "$out"
