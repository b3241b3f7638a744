"""`loglm bench` as a user runs it: real processes, every figure there, the baseline in the same run."""

import json
import subprocess
import sys

from loglm_bridge import bench


def test_a_small_run_measures_every_stream(tmp_path):
    out = tmp_path / "bench.json"
    command = [sys.executable, "-m", "loglm_bridge.cli", "bench", "--events", "500", "--rounds", "1", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(out.read_text())
    assert list(found["streams"]) == ["repeating", "distinct", "flows by=entity"]
    for name, row in found["streams"].items():
        assert all(row[key] > 0 for key in ("pass-through", "| loglm", "sidecar first", "sidecar again"))
        assert row["ratio"] == row["| loglm"] / row["pass-through"]
        assert 0 < row["latency"][0] <= row["latency"][1]
        assert f"| {name} | {row['events']:,} |" in done.stdout


def test_the_table_has_a_row_for_each_stream():
    row = {
        "events": 1_000, "distinct": [0.5, 0.25], "pass-through": 30_000.0, "| loglm": 15_000.0, "ratio": 0.5,
        "sidecar first": 4_000.0, "sidecar again": 16_000.0, "latency": [0.01, 0.05],
    }  # fmt: skip
    found = {"machine": {"cores": 2, "python": "3.11"}, "streams": {"flows": row}}
    lines = list(bench.table(found))
    assert lines[-1] == "| flows | 1,000 | 0.50 / 0.25 | 30,000 | 15,000 | 0.50 | 4,000 | 16,000 | 10 ms / 50 ms |"
    assert len({line.count("|") - line.count(r"\|") for line in lines[2:]}) == 1
