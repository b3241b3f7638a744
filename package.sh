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
# The pure wheels that a Python 3.9 accepts, on whatever Python this runs.
pip --only-binary :all: --no-binary splunk-sdk --no-build-isolation --no-compile \
    --python-version 3.9 --platform any --implementation py --abi none \
    --target "$work/lib" -r app/vendored.lock
PYTHONDONTWRITEBYTECODE=1 "$python" -m app.assembly "$work/lib" "$out"
