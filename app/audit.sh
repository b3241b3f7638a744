#!/bin/sh
# Asks for known vulnerabilities of every locked library: sh app/audit.sh. Needs pip-audit (PIP_AUDIT=... names it) and a
# network. Advisories that SECURITY.md names are known not to be in reach. Exit code 0: no other one, or nobody to ask;
# 1: there is another one.
set -u
cd "$(dirname "$0")/.."
audit=${PIP_AUDIT:-pip-audit}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for folder in lib lib/py310; do
    "$python" -c 'import sys; from app.assembly.lock import requirements_of
print(requirements_of(open("app/vendored.lock").read(), sys.argv[1]), end="")' "$folder" > "$work/$(basename "$folder").txt" || exit 1
done
cp deploy/requirements.lock "$work/sidecar.txt"

for list in "$work"/*.txt; do
    timeout 120 "$audit" --requirement "$list" --no-deps --disable-pip --format json --progress-spinner off \
        --vulnerability-service osv > "$list.json" 2> "$list.err"
    "$python" app/audit_report.py "$(basename "$list" .txt)" "$list.json" || failed=1
done
exit "$failed"
