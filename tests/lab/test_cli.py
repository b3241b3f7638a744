"""The training pipeline as its user runs it: one subcommand after the other, with one run folder."""

import json

import pytest

from loglm_bridge import cli
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.adapt import MIN_EVENTS
from loglm_bridge.lab.evaluate import evaluate
from loglm_bridge.model.classifier.heads import HeadConfig
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.folder.model_folder import CARD, ModelFolder
from loglm_bridge.model.labeller import Labeller
from tests.lab import tiny_flows, tiny_recipe
from tests.lab.tiny import sample_events
from tests.lab.tiny_data import row, write_rows
from tests.lab.tiny_recipe import TINY_RULES

#: A scorer that reports the number of predictions, and fails if there is none.
SCORER = """
import json, sys
path = sys.argv[sys.argv.index("--predictions") + 1]
rows = [json.loads(line) for line in open(path)]
if not rows: sys.exit("no predictions")
print(json.dumps({"benign": {"alerts_per_10k": len(rows)}}))
"""


@pytest.fixture(scope="module")
def folder(data, tmp_path_factory):
    """A folder with two exported models, `model` and `with flows`, after the stages corpus, pretrain and heads."""
    folder = tmp_path_factory.mktemp("stages")
    run = ["--run", str(folder / "run"), "--recipe", str(tiny_recipe.write(folder / "tiny.yaml"))]
    heads, rules = ["--heads", str(folder / "heads")], ["--rules", str(TINY_RULES)]
    assert cli.main(["corpus", *run, "--data", str(data.folder), "--split", str(data.split), *rules]) == 0
    assert cli.main(["pretrain", *run]) == 0
    assert cli.main(["heads", *run, *heads]) == 0
    assert cli.main(["export", *run, *heads, "--out", str(folder / "model")]) == 0
    for name, content in tiny_flows.files().items():
        (folder / "heads" / name).write_bytes(content)
    assert cli.main(["export", *run, *heads, "--out", str(folder / "with flows")]) == 0
    return folder


def head_config(folder):
    return HeadConfig.from_dict(ModelFolder.open(folder).json("heads.json"))


def test_the_pipeline_ends_with_a_model_folder(folder):
    model = ModelFolder.open(folder / "model")
    assert model.manifest["data"] == "the training recordings alone"
    assert "Not measured: exported without a report." in model.files[CARD].decode()


def test_a_stage_that_lacks_an_earlier_one_names_it(tmp_path, capsys):
    assert cli.main(["pretrain", "--run", str(tmp_path / "none")]) == 2
    assert "Run `loglm corpus` first" in capsys.readouterr().err


def test_adapt_fits_the_thresholds_to_the_events_of_a_site(folder, tmp_path, capsys):
    events = [event for event in sample_events() if event.raw.strip()]
    lines = [json.dumps({"raw": events[i % len(events)].raw}) for i in range(MIN_EVENTS)]
    ordinary = tmp_path / "ordinary.jsonl"
    ordinary.write_text("\n".join(lines))
    command = ["adapt", "--model", str(folder / "model"), "--out", str(tmp_path / "site"), "--malicious", "0.05"]
    assert cli.main([*command, str(ordinary)]) == 0
    assert head_config(tmp_path / "site").scale("").malicious != head_config(folder / "model").scale("").malicious
    assert ModelFolder.open(tmp_path / "site").manifest["adapted_on_events"] == MIN_EVENTS
    ordinary.write_text("\n".join(lines[:10]))
    assert cli.main([*command, str(ordinary)]) == 2
    assert f"other events, at least {MIN_EVENTS} of either are needed" in capsys.readouterr().err


def test_adapt_raises_the_threshold_of_flows_to_that_of_a_site(folder, tmp_path):
    """All flows of the site look malicious, although they are ordinary."""
    lines = []
    for i in range(MIN_EVENTS):
        fields = {"src_ip": "10.0.0.5", "dest_ip": f"10.0.1.{i % 9}", "dest_port": 1 + i % 900, "total_fwd_pkts": 1}
        lines.append(json.dumps({"raw": json.dumps({**fields, "fwd_bytes": i % 40}), "time": i / 10}))
    ordinary = tmp_path / "flows.jsonl"
    ordinary.write_text("\n".join(lines))
    command = ["adapt", "--model", str(folder / "with flows"), "--out", str(tmp_path / "site"), "--malicious", "0.01"]
    assert cli.main([*command, str(ordinary)]) == 0
    before, after = (ModelFolder.open(folder) for folder in (folder / "with flows", tmp_path / "site"))
    one, other = (SequenceConfig.from_dict(model.json("sequence.json")).flows for model in (before, after))
    assert other.lone.malicious > one.lone.malicious
    assert other.depths != one.depths
    assert before.files["heads.json"] == after.files["heads.json"]
    events = [Event(**json.loads(line)) for line in lines]
    verdicts = Labeller(after).label(events, Options())
    assert sum(verdict.malicious for verdict in verdicts) <= 0.01 * MIN_EVENTS
    assert f"fitted to a site's ordinary {MIN_EVENTS} flows" in after.files[CARD].decode()


def run_evaluate(folder, data, tmp_path, label):
    """The exit code of `loglm evaluate` with files of two events each, one of them held out if benign."""
    for name in {n for names in evaluate.SETS.values() for n in names}:
        rows = [row(name, g, sample_events()[0], g, label, [], []) for g in ("held", "other")]
        write_rows(tmp_path / f"{name}.jsonl.gz", rows)
    split = tmp_path / "split.json"
    held_out = {n: ["held"] for names in evaluate.SETS.values() for n in names}
    split.write_text(json.dumps(held_out if label == "benign" else {}))
    (tmp_path / "scorer.py").write_text(SCORER)
    command = ["evaluate", "--model", str(folder / "model"), "--data", str(tmp_path), "--split", str(split)]
    return cli.main([*command, "--scorer", str(tmp_path / "scorer.py"), "--out", str(tmp_path / "out")])


def test_evaluate_predicts_held_out_events_alone(folder, data, tmp_path, capsys):
    assert run_evaluate(folder, data, tmp_path, "benign") == 0
    rows = [json.loads(line) for line in (tmp_path / "out/predictions.jsonl").read_text().splitlines()]
    assert len(rows) == 6
    assert all(r["id"].split("/")[1] == "held" and len(r["techniques"]) == evaluate.TOP for r in rows)
    assert "| evtx_baseline | alerts per 10,000 | - | - | 6.000 | 6.000 |" in capsys.readouterr().out


def test_a_failing_scorer_is_an_error_with_its_last_line(folder, data, tmp_path, capsys):
    assert run_evaluate(folder, data, tmp_path, "malicious") == 1
    assert "the scorer failed: ['no predictions']" in capsys.readouterr().err
