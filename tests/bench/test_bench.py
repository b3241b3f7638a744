"""`loglm bench` as a user runs it: real processes, every figure present, the baseline in the same run."""

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.loglm_process import run_loglm, stop_after

#: Longer than the limit of a command, which ends its processes in good order.
pytestmark = pytest.mark.timeout(400)


def small_bench(folder: Path, *arguments: str) -> tuple[str, dict[str, Any]]:
    """Run `loglm bench` with tiny rounds; return what it printed and the content of bench.json."""
    out = folder / "bench.json"
    done = run_loglm(folder, "bench", "--events", "60", "--rounds", "1", "--out", str(out), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, json.loads(out.read_text())


@pytest.fixture(scope="module")
def rates(tmp_path_factory):
    """Output and content of bench.json for the rates of all streams, one of them from a file."""
    folder = tmp_path_factory.mktemp("rates")
    file = folder / "mine.log"
    file.write_text("".join(f"Mar  2 08:29:0{i} web1 sshd[229{i}]: session opened for user u{i}\n" for i in range(9)))
    return small_bench(folder, str(file), "--only", "command,sidecar")


def test_each_rate_stands_beside_its_baseline(rates):
    _, results = rates
    assert Counter(figure["part"] for figure in results["figures"]) == {
        "command": 7,  # four streams, the first one also by host, that and the flows as one chunk
        "sidecar": 8,
    }
    for figure in results["figures"]:
        assert figure["value"] > 0
        assert figure["beside"] == "pass-through"
        assert figure["ratio"] == pytest.approx(figure["value"] / figure["baseline"]), "one round"


def test_flows_of_a_file_are_read_by_their_own_entities(tmp_path):
    file = tmp_path / "flows.jsonl"
    ends = ({"src_ip": f"10.0.0.{i % 3}", "dest_ip": "203.0.113.9"} for i in range(9))
    lines = [json.dumps({"raw": json.dumps({**end, "fwd_bytes": 90, "total_fwd_pkts": 2})}) for end in ends]
    file.write_text("\n".join(lines))
    _, results = small_bench(tmp_path, str(file), "--by", "src_ip,dest_ip", "--only", "command")
    whats = [figure["what"] for figure in results["figures"] if figure["stream"] == "files"]
    assert whats == ["| loglm by=entity, chunks to 2,500", "| loglm by=entity, chunks to 50,000"]


def test_two_sidecars_are_compared_with_one_and_with_a_pass_through(tmp_path):
    _, results = small_bench(tmp_path, "--only", "cores")
    beside = Counter((f["what"], f["beside"]) for f in results["figures"] if f["part"] == "scaling")
    assert beside == {
        ("loglm serve, again, two sidecars", "one sidecar"): 3,
        ("| loglm, two sidecars", "one sidecar"): 3,
        ("| loglm, two sidecars", "pass-through"): 3,
    }
    assert all(f["ratio"] > 0 for f in results["figures"])


def test_the_shares_of_distinct_events_are_reported_for_each_stream(rates):
    _, results = rates
    assert list(results["streams"]) == ["files", "samples", "distinct", "flows"]
    assert results["streams"]["distinct"] == {"distinct_raw": 1, "distinct_canonical": 1}
    assert results["streams"]["files"]["distinct_raw"] > results["streams"]["files"]["distinct_canonical"]


def test_the_table_has_a_line_for_each_figure(rates):
    printed, results = rates
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(results["figures"])
    assert len({line.count("|") - line.count(r"\|") for line in lines}) == 1
    assert results["model"] in printed


def test_latency_has_its_baselines_and_a_long_run_is_reported_by_tenths(tmp_path):
    _, results = small_bench(tmp_path, "--only", "latency", "--soak", "100")
    assert [figure["part"] for figure in results["figures"][:8]] == ["latency"] * 4 + ["soak"] * 4
    assert all(figure["value"] > 0 and figure["ratio"] > 0 for figure in results["figures"][:8])
    rates = {figure["what"]: figure["value"] for figure in results["figures"][8:]}
    assert all(what.startswith("hit rate of ") and 0 <= rate <= 1 for what, rate in rates.items())
    assert rates, "/metrics has samples of caches"
    assert len(results["soak"]["parts"]) == 10
    assert list(results["streams"])[-1] == "soak"


def test_growth_is_drawn_as_plots(tmp_path):
    _, results = small_bench(tmp_path, "--only", "growth", "--plots", str(tmp_path / "plots"))
    assert sorted(path.stem for path in (tmp_path / "plots").iterdir()) == sorted(results["growth"])
    for name, curve in results["growth"].items():
        assert all(y > 0 for points in curve["lines"].values() for _, y in points)
        assert curve["x"] in (tmp_path / "plots" / f"{name}.svg").read_text()


def test_a_part_runs_alone(tmp_path):
    done = run_loglm(tmp_path, "bench", "--events", "40", "--rounds", "1", "--only", "start", "--pin")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].endswith("kept to one core")
    assert {line.split(" | ")[0] for line in done.stdout.splitlines() if line.startswith("| s")} == {"| start"}


def test_a_benchmark_that_is_stopped_leaves_no_process_and_no_file(tmp_path):
    arguments = ("bench", "--events", "40", "--only", "command")
    assert stop_after(tmp_path, "loglm-bench-*/sidecar-0/sidecar.log", *arguments) == 128 + signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "speed"], "there is no part 'speed'"),
        (["--events", "0"], "a whole number above zero"),
        (["nowhere.log"], "no such file"),
        (["--out", "nowhere/bench.json"], "--out cannot be written"),
        (["--model", "nowhere"], "manifest.json"),
        (["--profile", "no-such-profile", "--events", "10", "--only", "start"], "the sidecar did not start"),
    ],
)
def test_arguments_that_cannot_be_used_are_one_sentence(arguments, message, tmp_path):
    done = run_loglm(tmp_path, "bench", *arguments)
    assert done.returncode != 0
    assert message in done.stderr
    assert "Traceback" not in done.stderr
