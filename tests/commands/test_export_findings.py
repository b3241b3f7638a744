"""`loglm export-findings` as a user runs it, with the shipped model."""

import json
import subprocess
import sys

FLOWS = [
    json.dumps(
        {
            "src_ip": "10.0.0.5",
            "src_port": 50_000 + i,
            "dest_ip": "203.0.113.9",
            "dest_port": 22 + i,
            "flow_dur": 0.01,
            "fwd_bytes": 0,
            "bwd_bytes": 0,
            "total_fwd_pkts": 1,
            "total_bwd_pkts": 1,
        }
    )
    for i in range(5)
]
BODY = "\n".join(json.dumps({"raw": raw, "time": 1_700_000_000 + i}) for i, raw in enumerate(FLOWS)).encode()


def run(*args):
    command = [sys.executable, "-m", "loglm_bridge.cli", "export-findings", *args]
    return subprocess.run(command, input=BODY, capture_output=True, timeout=120, check=False)


def test_every_event_becomes_a_finding_where_all_are_asked_for():
    done = run("--as", "vigil", "--all", "--by", "src_ip,dest_ip")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({finding["finding_id"] for finding in found}) == 5
    assert all(finding["entity_context"]["dst_ip"] == "203.0.113.9" for finding in found)


def test_parquet_needs_a_file_to_go_to():
    done = run("--as", "sequences")
    assert done.returncode == 2
    assert b"--out" in done.stderr
