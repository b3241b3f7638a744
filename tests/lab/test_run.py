"""A whole training run on tiny data: every stage, the data that each may use, and the model at its end."""

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.data.labels import MACHINE_SOURCES, RECORDING_SOURCES
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.recipe import Recipe
from loglm_bridge.lab.run import TrainingRun
from loglm_bridge.lab.train import calibrate, vocabulary
from loglm_bridge.lab.train.neighbours import recording_id
from loglm_bridge.lab.weak_labels import training_examples
from loglm_bridge.model.labeller import Labeller
from tests.lab import tiny_recipe
from tests.lab.tiny import sample_events
from tests.lab.tiny_recipe import TINY_RULES


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The shipped recipe with small sizes."""
    budget = {"malicious": 0.05, "suspicious": 0.2, "unknown": 0.05}
    sections = {"pretrain": {"epochs": 2}, "technique": {"epochs": 3}, "malice": {"epochs": 3}, "budget": budget}
    return Recipe.read(tiny_recipe.write(tmp_path_factory.mktemp("recipe") / "tiny.yaml", **sections))


class Arguments(dict):
    """The arguments of the last call of functions, by name."""

    def record(self, patch, module, name):
        function = getattr(module, name)

        def recorded(*args, **kwargs):
            self[name] = args
            return function(*args, **kwargs)

        patch.setattr(module, name, recorded)


@pytest.fixture(scope="module")
def done(data, recipe, tmp_path_factory):
    """The run, its corpus, its heads, and the arguments of the stages."""
    run, arguments = TrainingRun(tmp_path_factory.mktemp("whole") / "run", recipe), Arguments()
    with pytest.MonkeyPatch.context() as patch:
        arguments.record(patch, vocabulary, "train")
        arguments.record(patch, training_examples, "from_corpus")
        arguments.record(patch, calibrate, "calibrated")
        events, _ = run.corpus(data.folder, data.split, TINY_RULES)
        run.pretrain()
        run.distil()
        heads = run.heads(everything=False, atomic=True)
    return run, events, heads, arguments


def export(run, heads, folder, golden):
    """The exported model folder of the run."""
    parts = run.tokenizer_file, run.encoders(), heads, run.rule_matcher(), run.neighbours(everything=False)
    return seal(folder, *parts, {}, golden, "card", run.recipe.name, "1", {})


def test_no_held_out_event_is_learned_from(done):
    _, events, _, arguments = done
    held_out = {e.id for e in events.events if e.held_out}
    assert held_out
    assert not held_out & {e.id for e in arguments["from_corpus"][1]}
    assert not held_out & {e.id for e in arguments["calibrated"][1]}
    distinct = arguments["train"][0]
    assert len(distinct) > 20
    assert not any("heldoutword" in event.text().lower() for event in distinct)
    assert any("heldoutword" in event.text().lower() for event in events.canonicals)


def test_calibration_recordings_are_never_fitted_on(done):
    _, events, _, arguments = done
    fitted = {(e.source, e.group) for e in arguments["from_corpus"][1]}
    calibration = {(e.source, e.group) for e in arguments["calibrated"][1] if e.source not in MACHINE_SOURCES}
    assert fitted
    assert calibration
    assert not fitted & calibration
    calibration |= {(e.source, e.group) for e in arguments["calibrated"][1]}
    assert fitted | calibration == {(e.source, e.group) for e in events.training()}


def test_a_run_ends_in_a_model_that_labels(done, tmp_path):
    run, _, heads, _ = done
    golden = [Event("sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2")]
    export(run, heads, tmp_path / "m", golden)
    Labeller.load(tmp_path / "m", profile="fast").self_test()
    labeller = Labeller.load(tmp_path / "m")
    labeller.self_test()
    (verdict,) = labeller.label(golden, Options(top=3))
    assert verdict.status == "ok"
    assert len(verdict.techniques) == 3


def test_neighbours_are_training_recordings_under_opaque_ids(done, data):
    run, events, _, _ = done
    neighbours = run.neighbours(everything=False)
    allowed = {
        recording_id(e.source, e.group): e.techniques for e in events.training() if e.source in RECORDING_SOURCES
    }
    ids = {r.id for r in neighbours.recordings if not r.title}
    assert ids
    assert {r.id: r.techniques for r in neighbours.recordings if not r.title}.items() <= allowed.items()
    titled = [r for r in neighbours.recordings if r.title]
    assert [(r.id, r.techniques) for r in titled] == [("tiny-stop-logging", ("T1562.008",))]
    assert not {recording_id("otrf_security_datasets", group) for group in data.held_out} & ids
    assert len(run.neighbours(everything=True).recordings) == len(ids) + len(titled) + len(data.held_out)
    assert neighbours.nearest(neighbours.vectors[0])[0]["similarity"] == 1.0


def test_stages_that_are_done_are_read_and_give_the_same(done, data, tmp_path):
    run, events, heads, _ = done
    again, _ = run.corpus(tmp_path / "nowhere", data.split, TINY_RULES)
    assert again.canonicals == events.canonicals
    before = run.tokenizer_file.read_bytes()
    run.pretrain()
    assert run.tokenizer_file.read_bytes() == before
    assert run.heads(everything=False, atomic=True).dump() == heads.dump()


def test_a_source_that_is_left_out_is_neither_fitted_nor_calibrated_on(done, monkeypatch):
    run, _, _, _ = done
    arguments = Arguments()
    arguments.record(monkeypatch, training_examples, "from_corpus")
    arguments.record(monkeypatch, calibrate, "calibrated")
    run.heads(everything=False, atomic=True, leave_out="evtx_baseline")
    for events in (arguments["from_corpus"][1], arguments["calibrated"][1]):
        assert {e.source for e in events} == {"otrf_security_datasets"}


def test_the_counts_are_those_of_the_run(done):
    run, _, heads, arguments = done
    counts = run.counts(heads)
    assert counts["techniques"] == len(heads.config.techniques)
    assert counts["pretraining"] + counts["knowledge"] == len(arguments["train"][0])
    assert counts["weak_examples"] > 6


def test_a_stage_that_lacks_an_earlier_one_names_it(recipe, tiny, tmp_path):
    run = TrainingRun(tmp_path, recipe)
    with pytest.raises(ConfigError, match="no corpus") as error:
        run.pretrain()
    assert "loglm corpus" in error.value.hint
    run.tokenizer_file.write_bytes(tiny.tokenizer_file.read_bytes())
    with pytest.raises(ConfigError, match="no pretrained encoder"):
        run.encoder_bytes()


def test_a_word_of_a_single_recording_is_in_no_file_of_the_model(done, tmp_path):
    """A canary: nobody may read it, or a long part of it, from a file that ships."""
    run, events, heads, _ = done
    canary = "onlyheresecret"
    assert any(canary in events.canonicals[e.canonical].text().lower() for e in events.training())
    folder = export(run, heads, tmp_path / "m", sample_events()[:2])
    for name, content in folder.files.items():
        for length in range(8, len(canary) + 1):
            assert canary[:length].encode() not in content.lower(), name
