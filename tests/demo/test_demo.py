"""`loglm demo` with the shipped model: every sample is labelled, and what a user would not accept is an error."""

import json
import signal

import pytest

from loglm_bridge.demo import check
from loglm_bridge.demo.samples import read_samples
from loglm_bridge.harness.splunkd import SearchError
from tests.demo.labelled_rows import ROWS, labelled
from tests.loglm_process import run_loglm, stop_after

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    "bad",
    [
        labelled("hostile", "", "", "unavailable"),
        labelled("broken", "", "", "timeout"),
        labelled("ordinary", "", "", "empty"),
        labelled("hostile", "", "", "ok"),
        labelled("hostile", "", "", ""),
    ],
)
def test_a_readable_sample_without_a_verdict_is_an_error(bad):
    check(ROWS)
    with pytest.raises(SearchError, match=bad.sample.id):
        check([*ROWS, bad])


def test_the_demo_labels_every_sample(tmp_path):
    done = run_loglm(tmp_path, "demo", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    out = json.loads(done.stdout)
    assert [row["id"] for row in out["rows"]] == [sample.id for sample in read_samples()]
    assert {row["loglm_status"] for row in out["rows"]} <= {"ok", "empty", "unparsed"}
    malicious = [row for row in out["rows"] if row["loglm_verdict"] == "malicious"]
    assert len(out["notables"]) == len(malicious) >= 1
    assert all(n["annotations.mitre_attack.mitre_technique_id"] for n in out["notables"])


def test_the_demo_prints_a_table_for_people(tmp_path):
    done = run_loglm(tmp_path, "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert all(sample.id in done.stdout for sample in read_samples())


def test_a_model_that_cannot_be_served_is_one_sentence_on_stderr(tmp_path):
    done = run_loglm(tmp_path, "demo", "--model", str(tmp_path))
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("loglm: the sidecar did not start: ")
    assert done.stderr.count("\n") == 1


def test_a_demo_that_is_stopped_leaves_no_process_and_no_file(tmp_path):
    assert stop_after(tmp_path, "loglm-demo-*/sidecar.err", "demo") == 128 + signal.SIGTERM
