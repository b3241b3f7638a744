"""A whole run on a small folder: every stage, what each may see, and the model at its end."""

import pytest
import yaml

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.lab.export.seal import seal
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.lab.run import Run
from loglm_bridge.lab.train import calibrate, vocabulary
from loglm_bridge.lab.train.neighbours import opaque
from loglm_bridge.lab.weak_labels import training_examples
from loglm_bridge.model.labeller import Labeller
from tests.lab.tiny import sample_events


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The shipped recipe in small."""
    content = yaml.safe_load(SHIPPED.read_text("utf-8"))
    content.update(pieces=500, fills=2, prototypes=8, encoder={"layers": 1, "width": 32, "heads": 2, "inner": 64})
    content["distil"].update(layers=1, width=16, heads=2, inner=32, epochs=2, minutes=1e6)
    content["pretrain"].update(epochs=2, minutes=1e6, budget=1024)
    for net in ("technique", "malice"):
        content[net].update(bag=4, hidden=8, epochs=3, batch=32)
    content["budget"] = {"malicious": 0.05, "suspicious": 0.2, "unknown": 0.05}
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(yaml.safe_dump(content))
    return Recipe.read(path)


class Seen(dict):
    """What the stages were given, by stage."""

    def spy(self, patch, module, name):
        real = getattr(module, name)

        def spied(*args, **kwargs):
            self[name] = args
            return real(*args, **kwargs)

        patch.setattr(module, name, spied)


@pytest.fixture(scope="module")
def done(data, recipe, tmp_path_factory):
    """The run, its corpus, its heads, and what each stage was given."""
    run, seen = Run(tmp_path_factory.mktemp("whole") / "run", recipe), Seen()
    with pytest.MonkeyPatch.context() as patch:
        seen.spy(patch, vocabulary, "train")
        seen.spy(patch, training_examples, "from_corpus")
        seen.spy(patch, calibrate, "calibrated")
        made, _ = run.corpus(data.folder, data.split)
        run.pretrain()
        seen["errors"] = run.distil()
        heads = run.heads(everything=False, atomic=True)
    return run, made, heads, seen


def test_no_held_out_event_is_learned_from(done):
    _, made, _, seen = done
    held = {e.id for e in made.events if e.held_out}
    assert held
    assert not held & {e.id for e in seen["from_corpus"][1]}
    assert not held & {e.id for e in seen["calibrated"][1]}
    forms = seen["train"][0]
    assert len(forms) > 20
    assert not any("heldoutword" in form.text().lower() for form in forms)
    assert any("heldoutword" in form.text().lower() for form in made.canonicals)


def test_calibration_recordings_are_never_fitted_on(done):
    _, made, _, seen = done
    fitted = {(e.source, e.group) for e in seen["from_corpus"][1]}
    kept = {(e.source, e.group) for e in seen["calibrated"][1]}
    assert fitted
    assert kept
    assert not fitted & kept
    assert fitted | kept == {(e.source, e.group) for e in made.training()}


def test_the_whole_run_ends_in_a_model_that_labels(done, tmp_path):
    run, _, heads, _ = done
    golden = [Event("sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2")]
    seal(
        tmp_path / "m",
        run.tokenizer_file,
        run.encoders(),
        heads,
        run.signatures(),
        run.neighbours(everything=False),
        {},
        golden,
        "card",
        run.recipe.name,
        "1",
        {},
    )
    Labeller.load(tmp_path / "m", profile="fast").self_test()
    labeller = Labeller.load(tmp_path / "m")
    labeller.self_test()
    (verdict,) = labeller.label(golden, Options(top=3))
    assert verdict.status == "ok"
    assert len(verdict.techniques) == 3


def test_neighbours_are_training_recordings_under_opaque_ids(done, data):
    run, made, _, _ = done
    found = run.neighbours(everything=False)
    allowed = {
        opaque(e.source, e.group): e.techniques for e in made.training() if e.source in training_examples.RECORDED
    }
    assert found.recordings
    assert {r.id: r.techniques for r in found.recordings}.items() <= allowed.items()
    assert not {opaque("otrf_security_datasets", group) for group in data.held_out} & {r.id for r in found.recordings}
    assert len(run.neighbours(everything=True).recordings) == len(found.recordings) + len(data.held_out)
    assert found.nearest(found.vectors[0])[0]["similarity"] == 1.0


def test_stages_that_are_done_are_read_and_give_the_same(done, data, tmp_path):
    run, made, heads, _ = done
    again, _ = run.corpus(tmp_path / "nowhere", data.split)
    assert again.canonicals == made.canonicals
    before = run.tokenizer_file.read_bytes()
    run.pretrain()
    assert run.tokenizer_file.read_bytes() == before
    assert run.heads(everything=False, atomic=True).dump() == heads.dump()


def test_a_source_left_out_is_neither_fitted_nor_calibrated_on(done, monkeypatch):
    run, _, _, _ = done
    seen = Seen()
    seen.spy(monkeypatch, training_examples, "from_corpus")
    seen.spy(monkeypatch, calibrate, "calibrated")
    run.heads(everything=False, atomic=True, leave_out="evtx_baseline")
    for events in (seen["from_corpus"][1], seen["calibrated"][1]):
        assert {e.source for e in events} == {"otrf_security_datasets"}


def test_the_counts_are_those_of_the_run(done):
    run, _, heads, seen = done
    counts = run.counts(heads)
    assert counts["techniques"] == len(heads.config.techniques)
    assert counts["pretraining"] == len(seen["train"][0])
    assert counts["lessons"] > 6


def test_a_stage_before_its_time_says_which_comes_first(recipe, tiny, tmp_path):
    run = Run(tmp_path, recipe)
    with pytest.raises(ConfigError, match="no corpus") as error:
        run.pretrain()
    assert "loglm corpus" in error.value.hint
    run.tokenizer_file.write_bytes(tiny.tokenizer_file.read_bytes())
    with pytest.raises(ConfigError, match="no pretrained encoder"):
        run.encoder_bytes()


def test_what_one_recording_alone_says_is_nowhere_in_the_model(done, tmp_path):
    """A canary: a word of a single training recording must not be readable from any file that ships."""
    run, made, heads, _ = done
    words = {"onlyheresecret"}
    assert any("onlyheresecret" in made.canonicals[e.canonical].text().lower() for e in made.training())
    folder = seal(
        tmp_path / "m",
        run.tokenizer_file,
        run.encoders(),
        heads,
        run.signatures(),
        run.neighbours(everything=False),
        {},
        sample_events()[:2],
        "card",
        "n",
        "1",
        {},
    )
    for name, content in folder.files.items():
        for word in words:
            for length in range(8, len(word) + 1):
                assert word[:length].encode() not in content.lower(), name
