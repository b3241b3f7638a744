"""Reads the JSON of pip-audit: `audit_report.py NAME FILE`. Exit code 1 where an advisory is not named in SECURITY.md.

pip-audit says "no known vulnerabilities" also where it could ask nobody. So what it did not audit is said here.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

SECURITY = Path(__file__).parents[1] / "SECURITY.md"


def main(name: str, path: Path) -> int:
    """Print what was found; return the exit code."""
    try:
        dependencies = json.loads(path.read_text(encoding="utf-8"))["dependencies"]
    except (ValueError, KeyError, TypeError, OSError):
        print(f"{name}: not audited (no network, or no pip-audit)")
        return 0
    named = set(re.findall(r"(?:CVE|GHSA|PYSEC)-[\w-]+", SECURITY.read_text(encoding="utf-8")))
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    unknown = [
        f"{one['name']} {one['version']}: {advisory['id']} {' '.join(advisory.get('aliases', ()))}"
        for one in dependencies
        for advisory in one.get("vulns", ())
        if not named & {advisory["id"], *advisory.get("aliases", ())}
    ]
    print(f"{name}: {len(dependencies) - len(skipped)} libraries audited, {len(skipped)} not (nobody knows them here)")
    for line in unknown:
        print(f"  not in SECURITY.md: {line}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
