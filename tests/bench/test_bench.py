"""`loglm bench` as a user runs it: real processes, every figure there, the baseline in the same run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `loglm bench`."""
    command = [sys.executable, "-m", "loglm_bridge.cli", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)


def small(folder: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Run `loglm bench` with tiny rounds; what it printed and wrote."""
    out = folder / "bench.json"
    done = bench("--events", "60", "--rounds", "1", "--out", str(out), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, json.loads(out.read_text())


@pytest.fixture(scope="module")
def rates(tmp_path_factory):
    """Rates of all streams, one of them from a file."""
    folder = tmp_path_factory.mktemp("rates")
    file = folder / "mine.log"
    file.write_text("".join(f"Mar  2 08:29:0{i} web1 sshd[229{i}]: session opened for user u{i}\n" for i in range(9)))
    return small(folder, str(file), "--only", "command,sidecar")


def test_each_rate_stands_beside_its_baseline(rates):
    _, found = rates
    assert Counter(figure["part"] for figure in found["figures"]) == {
        "command": 7,  # four streams, the first one also by host, that and the flows as one chunk
        "sidecar": 8,
    }
    for figure in found["figures"]:
        assert figure["value"] > 0
        assert figure["beside"] == "pass-through"
        assert figure["ratio"] == pytest.approx(figure["value"] / figure["baseline"]), "one round"


def test_flows_of_a_file_are_read_by_their_own_entities(tmp_path):
    file = tmp_path / "flows.jsonl"
    ends = ({"src_ip": f"10.0.0.{i % 3}", "dest_ip": "203.0.113.9"} for i in range(9))
    lines = [json.dumps({"raw": json.dumps({**end, "fwd_bytes": 90, "total_fwd_pkts": 2})}) for end in ends]
    file.write_text("\n".join(lines))
    _, found = small(tmp_path, str(file), "--by", "src_ip,dest_ip", "--only", "command")
    whats = [figure["what"] for figure in found["figures"] if figure["stream"] == "files"]
    assert whats == ["| loglm by=entity, chunks to 2,500", "| loglm by=entity, chunks to 50,000"]


def test_two_sidecars_stand_beside_one_and_beside_a_pass_through(tmp_path):
    _, found = small(tmp_path, "--only", "cores")
    beside = Counter((f["what"], f["beside"]) for f in found["figures"] if f["part"] == "scaling")
    assert beside == {
        ("loglm serve, again, two sidecars", "one sidecar"): 3,
        ("| loglm, two sidecars", "one sidecar"): 3,
        ("| loglm, two sidecars", "pass-through"): 3,
    }
    assert all(f["ratio"] > 0 for f in found["figures"])


def test_streams_say_how_much_they_repeat(rates):
    _, found = rates
    assert list(found["streams"]) == ["files", "samples", "distinct", "flows"]
    assert found["streams"]["distinct"] == {"distinct_raw": 1, "distinct_canonical": 1}
    assert found["streams"]["files"]["distinct_raw"] > found["streams"]["files"]["distinct_canonical"]


def test_the_table_has_a_line_for_each_figure(rates):
    printed, found = rates
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(found["figures"])
    assert len({line.count("|") - line.count(r"\|") for line in lines}) == 1
    assert found["model"] in printed


def test_latency_is_told_beside_an_idle_sidecars_and_a_long_run_by_tenths(tmp_path):
    _, found = small(tmp_path, "--only", "latency", "--soak", "100")
    assert [figure["part"] for figure in found["figures"][:8]] == ["latency"] * 4 + ["soak"] * 4
    assert all(figure["value"] > 0 and figure["ratio"] > 0 for figure in found["figures"][:8])
    rates = {figure["what"]: figure["value"] for figure in found["figures"][8:]}
    assert all(what.startswith("hit rate of ") and 0 <= rate <= 1 for what, rate in rates.items())
    assert rates, "/metrics tells of caches"
    assert len(found["soak"]["parts"]) == 10
    assert list(found["streams"])[-1] == "soak"


def test_what_grows_is_drawn(tmp_path):
    _, found = small(tmp_path, "--only", "growth", "--plots", str(tmp_path / "plots"))
    assert sorted(path.stem for path in (tmp_path / "plots").iterdir()) == sorted(found["growth"])
    for name, curve in found["growth"].items():
        assert all(y > 0 for points in curve["lines"].values() for _, y in points)
        assert curve["x"] in (tmp_path / "plots" / f"{name}.svg").read_text()


def test_parts_run_alone():
    done = bench("--events", "40", "--rounds", "1", "--only", "start", "--pin")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("kept to one core")
    assert {line.split(" | ")[0] for line in done.stdout.splitlines() if line.startswith("| s")} == {"| start"}


def test_a_benchmark_that_is_told_to_stop_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-m", "loglm_bridge.cli", "bench", "--events", "40", "--only", "command"]
    env = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        while process.poll() is None and not list(tmp_path.glob("loglm-bench-*/sidecar-0/sidecar.log")):
            time.sleep(0.02)
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in running


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "speed"], "there is no part 'speed'"),
        (["--events", "0"], "a whole number above zero"),
        (["nowhere.log"], "no such file"),
        (["--out", "nowhere/bench.json"], "--out cannot be written"),
        (["--model", "nowhere"], "manifest.json"),
        (["--profile", "no-such-profile", "--events", "10", "--only", "start"], "the sidecar did not start"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(arguments, told):
    done = bench(*arguments)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
