"""The registry: promotion and rollback are atomic, and the active model never changes unnoticed."""

import json
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from loglm_bridge.contract.errors import InputError, ModelRefused
from loglm_bridge.model import registry
from loglm_bridge.model.folder.model_folder import GOLDEN, HEADS, REQUIRED, ModelFolder, write_manifest
from loglm_bridge.model.registry import Registry, default_folder


def make_folder(path, name="toy", version="1"):
    """Create a sealed folder that is complete but holds no model."""
    path.mkdir(parents=True)
    for file in REQUIRED:
        (path / file).write_bytes(b"")
    (path / GOLDEN).write_text(version)
    write_manifest(path, name, version, {})
    return path


@pytest.fixture
def models(tmp_path):
    """A registry whose shipped model is `shipped 1`."""
    make_folder(tmp_path / "package" / "v1", "shipped")
    return Registry(tmp_path / "state" / "models", tmp_path / "package")


@pytest.fixture
def no_self_test(monkeypatch):
    """Skip the self-test: the folders of these tests hold no model."""
    monkeypatch.setattr(registry, "check", ModelFolder.open)


def identity(path):
    """Return name and version of a folder, verified."""
    model_id = ModelFolder.open(path).id
    return f"{model_id.name} {model_id.version}"


@pytest.mark.usefixtures("no_self_test")
class TestPromotion:
    def test_the_shipped_model_is_active_until_another_is_promoted(self, models, tmp_path):
        assert identity(models.active()) == "shipped 1"
        promoted = models.promote(make_folder(tmp_path / "new", version="2"))
        assert models.active() == promoted
        assert identity(promoted) == "toy 2"

    def test_a_promoted_model_does_not_depend_on_its_source_folder(self, models, tmp_path):
        source = make_folder(tmp_path / "new")
        models.promote(source)
        for file in source.iterdir():
            file.write_bytes(b"changed")
        assert identity(models.active()) == "toy 1"

    def test_rollback_returns_model_by_model_to_the_shipped_one(self, models, tmp_path):
        for version in ("2", "3", "2"):
            models.promote(
                make_folder(tmp_path / f"v{version}", version=version)
                if not (tmp_path / f"v{version}").exists()
                else tmp_path / f"v{version}"
            )
        assert [identity(models.rollback()) for _ in range(2)] == ["toy 3", "shipped 1"]
        with pytest.raises(InputError, match="nothing was promoted"):
            models.rollback()

    def test_rollback_skips_a_damaged_model(self, models, tmp_path):
        first = models.promote(make_folder(tmp_path / "a", version="2"))
        models.promote(make_folder(tmp_path / "b", version="3"))
        (first / HEADS).write_bytes(b"x")
        assert identity(models.rollback()) == "shipped 1"

    def test_promoting_again_replaces_a_damaged_copy(self, models, tmp_path):
        source = make_folder(tmp_path / "a", version="2")
        (models.promote(source) / HEADS).write_bytes(b"x")
        assert identity(models.promote(source)) == "toy 2"

    @pytest.mark.parametrize("name", sorted(REQUIRED))
    def test_a_folder_with_one_changed_byte_is_refused_without_effect(self, models, tmp_path, name):
        source = make_folder(tmp_path / "a")
        (source / name).write_bytes((source / name).read_bytes() + b"!")
        with pytest.raises(ModelRefused, match="sha256 differs"):
            models.promote(source)
        assert identity(models.active()) == "shipped 1"
        assert not models.home.exists()

    def test_a_full_disk_is_reported_without_effect(self, models, tmp_path, monkeypatch):
        source = make_folder(tmp_path / "a")
        models.promote(make_folder(tmp_path / "b", version="2"))
        monkeypatch.setattr(registry.os, "fsync", _no_space)
        with pytest.raises(InputError, match="No space left"):
            models.promote(source)
        assert identity(models.active()) == "toy 2"
        assert not list(models.home.glob(".*")), "no draft is left"

    @pytest.mark.parametrize("name", ["../../etc", "/abs", "..", ".hidden", "a/b", "x" * 300, "\N{BULLET} v\n1"])
    def test_a_hostile_name_stays_inside_the_registry_folder(self, models, tmp_path, name):
        promoted = models.promote(make_folder(tmp_path / "a", name=name, version=name))
        assert promoted.parent == models.home
        assert not promoted.name.startswith(".")
        assert models.active() == promoted

    def test_all_folders_are_listed_with_their_state(self, models, tmp_path):
        models.promote(make_folder(tmp_path / "a", version="2"))
        damaged = models.promote(make_folder(tmp_path / "b", version="3"))
        (damaged / HEADS).write_bytes(b"x")
        listed = [(k.folder and str(k.folder.id.version), k.refusal, k.active, k.shipped) for k in models.list_models()]
        assert listed == [
            ("1", None, False, True),
            ("2", None, False, False),
            (None, f"{HEADS}: sha256 differs from manifest", True, False),
        ]


def _no_space(_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"history": 3}', '{"history": ["../x"]}', '{"history": [1]}', "\xff"])
def test_a_damaged_pointer_is_an_error(models, text):
    models.home.mkdir(parents=True)
    (models.home / registry.POINTER).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelRefused, match="damaged"):
        models.active()


def test_a_missing_promoted_folder_is_an_error_and_can_be_rolled_back(models):
    models.home.mkdir(parents=True)
    (models.home / registry.POINTER).write_text(json.dumps({"history": ["toy-1-0"]}))
    with pytest.raises(ModelRefused, match="missing") as error:
        models.active()
    assert "rollback" in error.value.hint
    assert identity(models.rollback()) == "shipped 1"


@pytest.mark.parametrize("shipped", [(), ("a", "b")])
def test_exactly_one_model_must_be_shipped(tmp_path, shipped):
    for name in shipped:
        make_folder(tmp_path / "package" / name)
    with pytest.raises(ModelRefused, match="where one is shipped"):
        Registry(tmp_path / "state", tmp_path / "package").active()


@pytest.mark.parametrize("state", ["", "relative/path"])
def test_the_state_folder_follows_xdg(tmp_path, monkeypatch, state):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", state)
    assert Registry.of_user().home == tmp_path / ".local" / "state" / "loglm" / "models"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert Registry.of_user().home == tmp_path / "s" / "loglm" / "models"


def test_a_kill_at_any_point_leaves_a_complete_model_active(models, tmp_path):
    sources = [make_folder(tmp_path / name, version=name) for name in ("a", "b")]
    code = f"""
        import shutil
        from pathlib import Path
        from loglm_bridge.model import registry
        registry.check = registry.ModelFolder.open
        models = registry.Registry(Path({str(models.home)!r}), Path({str(models.shipped)!r}))
        print("ready", flush=True)
        while True:
            models.promote(Path({str(sources[0])!r}))
            models.promote(Path({str(sources[1])!r}))
            models.rollback()
            (models.home / registry.POINTER).unlink()
            shutil.rmtree(models.home)
    """
    rng, seen = random.Random(5), set()
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
        seen.add(identity(models.active()))
    assert seen <= {"shipped 1", "toy a", "toy b"}
    assert len(seen) > 1


@pytest.mark.usefixtures("no_self_test")
def test_leftovers_of_killed_promotions_are_removed(models, tmp_path):
    models.promote(make_folder(tmp_path / "a", version="a"))
    leftover = models.home / ".new-killed"
    leftover.mkdir()
    (leftover / "event.onnx").write_bytes(b"x" * 1_000_000)
    (models.home / ".new-pointer").write_text("{")
    models.promote(make_folder(tmp_path / "b", version="b"))
    assert sorted(path.name[:5] for path in models.home.iterdir()) == ["activ", "toy-a", "toy-b"]


def test_the_shipped_model_passes_its_check_and_can_be_promoted(tmp_path):
    shipped = default_folder()
    models = Registry(tmp_path / "models")
    assert registry.check(shipped).id == ModelFolder.open(models.promote(shipped)).id
