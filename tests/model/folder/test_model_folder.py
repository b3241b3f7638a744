"""The model folder: exactly the files of the manifest, byte for byte."""

import json
import os
import pickle
import random
import shutil

import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.folder.model_folder import (
    CARD,
    EVENT_ENCODER,
    GOLDEN,
    HEADS_CONFIG,
    MANIFEST,
    REQUIRED,
    TOKENIZER,
    ModelFolder,
    _sealed,
    write_manifest,
)


@pytest.fixture
def folder(sealed, tmp_path):
    """Return a copy of the tiny model's folder."""
    return shutil.copytree(sealed, tmp_path / "model")


def change_manifest(folder, **changes):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(_sealed({**manifest, **changes}))


def test_a_sealed_folder_opens(sealed):
    opened = ModelFolder.open(sealed)
    assert set(opened.files) == REQUIRED
    assert (opened.id.name, opened.id.version) == ("tiny", "0")
    assert len(opened.json(GOLDEN)) > 40
    assert opened.manifest["data"] == "samples"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_flipped_bit_anywhere_is_refused(folder, name):
    data = (folder / name).read_bytes()
    rng = random.Random(name)
    for offset in {0, len(data) - 1, *(rng.randrange(len(data)) for _ in range(25))}:
        changed = bytearray(data)
        changed[offset] ^= 1 << rng.randrange(8)
        (folder / name).write_bytes(changed)
        with pytest.raises(ModelRefused, match=f"{name}: sha256 differs"):
            ModelFolder.open(folder)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_byte_more_or_less_is_refused(folder, name):
    data = (folder / name).read_bytes()
    for changed in (data + b"\n", data[:-1], b""):
        (folder / name).write_bytes(changed)
        with pytest.raises(ModelRefused, match="sha256 differs"):
            ModelFolder.open(folder)


def test_a_manifest_with_any_changed_byte_is_refused(folder):
    data = (folder / MANIFEST).read_bytes()
    for offset in range(len(data)):
        (folder / MANIFEST).write_bytes(data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :])
        with pytest.raises(ModelRefused):
            ModelFolder.open(folder)


@pytest.mark.parametrize("name", [MANIFEST, *sorted(REQUIRED)])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelRefused, match="absent"):
        ModelFolder.open(folder)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_required_file_that_the_manifest_does_not_list_is_refused(folder, name):
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change_manifest(folder, files={n: s for n, s in files.items() if n != name})
    with pytest.raises(ModelRefused, match=f"missing files \\['{name}'\\]"):
        ModelFolder.open(folder)


@pytest.mark.parametrize("name", ["model.pkl", "event.onnx.data", ".hidden", "folder", "sequence.onnx"])
def test_an_extra_file_is_refused(folder, name):
    if name == "folder":
        (folder / name).mkdir()
    else:
        (folder / name).write_bytes(b"x")
    with pytest.raises(ModelRefused, match="does not list"):
        ModelFolder.open(folder)


@pytest.mark.parametrize("name", ["model.pkl", "pytorch_model.bin", "../x", "/etc/passwd", "event.onnx.data"])
def test_an_extra_file_is_refused_even_if_listed(folder, name):
    files = json.loads((folder / MANIFEST).read_text())["files"]
    change_manifest(folder, files={**files, name: "0" * 64})
    with pytest.raises(ModelRefused, match="unknown files"):
        ModelFolder.open(folder)


@pytest.mark.parametrize("name", [MANIFEST, *sorted(REQUIRED)])
def test_a_symbolic_link_is_refused_even_to_the_same_bytes(folder, tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(ModelRefused, match="not a regular file"):
        ModelFolder.open(folder)


def test_a_pipe_is_refused_without_waiting(folder):
    (folder / CARD).unlink()
    os.mkfifo(folder / CARD)
    with pytest.raises(ModelRefused, match="not a regular file"):
        ModelFolder.open(folder)


def test_a_pickle_in_place_of_a_file_is_never_executed(folder, tmp_path):
    class Trap:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    for name in sorted(REQUIRED):
        copy = shutil.copytree(folder, tmp_path / f"with-{name}")
        (copy / name).write_bytes(pickle.dumps(Trap()))
        with pytest.raises(ModelRefused, match="sha256 differs"):
            ModelFolder.open(copy)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"files": 3}', '{"files": {}}', '{"files": {"a": 1}}', "[" * 100_000, "\xff"]
)
def test_a_malformed_manifest_is_refused(folder, text):
    (folder / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelRefused, match=MANIFEST):
        ModelFolder.open(folder)


@pytest.mark.parametrize("changes", [{"name": 3}, {"version": None}, {"files": []}, {"files": {CARD: 7}}, {"api": 2}])
def test_a_manifest_key_of_the_wrong_type_is_refused(folder, changes):
    change_manifest(folder, **changes)
    with pytest.raises(ModelRefused, match=MANIFEST):
        ModelFolder.open(folder)


def test_an_absent_folder_is_refused(tmp_path):
    with pytest.raises(ModelRefused, match="absent"):
        ModelFolder.open(tmp_path / "nowhere")


def test_sealing_refuses_an_invalid_folder(folder):
    (folder / "notes.txt").write_text("x")
    with pytest.raises(ModelRefused, match=r"notes\.txt"):
        write_manifest(folder, "tiny", "1", {})
    (folder / "notes.txt").unlink()
    (folder / EVENT_ENCODER).write_bytes(b"garbage")
    with pytest.raises(ModelRefused, match="not an ONNX file"):
        write_manifest(folder, "tiny", "1", {})


def test_changes_on_disk_after_opening_have_no_effect(folder):
    opened = ModelFolder.open(folder)
    before = opened.json(HEADS_CONFIG)
    (folder / HEADS_CONFIG).write_text("{}")
    assert opened.json(HEADS_CONFIG) == before


@pytest.mark.parametrize("text", ["{", "[" * 100_000])
def test_malformed_json_files_are_refused(folder, text):
    (folder / TOKENIZER).write_text(text)
    with pytest.raises(ModelRefused, match="not JSON"):
        write_manifest(folder, "tiny", "1", {}).json(TOKENIZER)
