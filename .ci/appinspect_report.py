"""Read the JSON report of splunk-appinspect, whose own exit code is 0 whatever the result.

usage: appinspect_report.py REPORT.json
Exits 1 on a failure, an error, a future failure, or a warning that has no reason below.
"""

import json
import sys
from pathlib import Path

#: Accepted warnings: check -> reason. docs/admin/appinspect.md repeats them.
ACCEPTED = {
    "check_for_python_script_existence": "says only that Python files exist; they run on 3.9 and 3.13",
    "check_python_sdk_version": "splunk-sdk 2.1.1 is the newest for Python 3.9, which Splunk 9.3 to 10.1 runs",
    "check_for_modular_inputs": "says only that there is one; no action required",
    "check_for_indexer_synced_configs": "the input is for one search head or heavy forwarder, not for indexers",
    "check_hostnames_and_ips": "version numbers in comments of vendored urllib3 look like addresses",
}

BAD = ("error", "failure", "future_failure")


def main() -> int:
    """Print what was found and return the exit code."""
    report = json.loads(Path(sys.argv[1]).read_text())
    summary = report["summary"]
    print(", ".join(f"{count} {kind}" for kind, count in sorted(summary.items())))
    checks = [check for app in report["reports"] for group in app["groups"] for check in group["checks"]]
    refused = 0
    for check in checks:
        if check["result"] not in (*BAD, "warning"):
            continue
        reason = ACCEPTED.get(check["name"]) if check["result"] == "warning" else None
        refused += reason is None
        print(f"{check['result']}: {check['name']}" + (f" (accepted: {reason})" if reason else ""))
        for message in check["messages"]:
            if message["result"] in (*BAD, "warning"):
                print("    " + " ".join(message["message"].split())[:300])
    return 1 if refused or any(summary[kind] for kind in BAD) or not summary["success"] else 0


if __name__ == "__main__":
    sys.exit(main())
