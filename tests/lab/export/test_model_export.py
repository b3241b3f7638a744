"""Sealed model folders: they open, pass their self-test, and hold nothing of an older folder."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options
from loglm_bridge.model.folder.model_folder import CARD, GOLDEN, REQUIRED, ModelFolder
from loglm_bridge.model.labeller import Labeller

GOLDEN_EVENTS = [
    Event("Mar  2 08:28:50 web1 sshd[1]: Failed password for root from 203.0.113.9 port 4 ssh2"),
    Event("type=login user=root status=failed reason=password"),
]


def test_a_sealed_folder_opens_and_passes_its_self_test(tiny, tmp_path):
    folder = tiny.seal(tmp_path / "m", GOLDEN_EVENTS)
    opened = ModelFolder.open(folder)
    assert set(opened.files) == REQUIRED
    assert opened.files[CARD] == b"# A card"
    assert [Event.from_dict(row["event"]) for row in opened.json(GOLDEN)] == GOLDEN_EVENTS
    Labeller.load(folder).self_test()


def test_files_of_an_older_folder_are_removed(tiny, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "old.bin").write_bytes(b"x")
    tiny.seal(folder, GOLDEN_EVENTS)
    assert not (folder / "old.bin").exists()


def test_sealing_twice_gives_the_same_bytes(tiny, tmp_path):
    one, two = (ModelFolder.open(tiny.seal(tmp_path / name, GOLDEN_EVENTS)) for name in "ab")
    assert one.files == two.files
    assert one.id == two.id


def test_golden_verdicts_are_those_of_the_model(tiny, tmp_path):
    folder = tiny.seal(tmp_path / "m", GOLDEN_EVENTS)
    rows = json.loads((folder / GOLDEN).read_text())
    for row, verdict in zip(rows, Labeller.load(folder).label(GOLDEN_EVENTS, Options(top=1)), strict=True):
        assert row["base"] == {"score": verdict.score, "technique": verdict.techniques[0].id}
