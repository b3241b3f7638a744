"""Checkpoints: damaged files, full disks, power cuts."""

import json
import random
from hashlib import sha256

import pytest

from loglm_bridge.contract.errors import CheckpointError
from loglm_bridge.splunk.modinput.checkpoint import CheckpointStore, Position, decode_checkpoint, encode_checkpoint
from loglm_bridge.splunk.modinput.durable_files import DurableFolder
from tests.splunk.modinput.crashing_folder import CrashError, CrashingFolder

NAME = "loglm_input://a"
NOW = 1_700_000_000.0


@pytest.fixture
def folder(tmp_path):
    """A folder with two generations: 100, then 200."""
    store = store_in(tmp_path)
    store.save(Position(100, 90))
    store.save(Position(200, 190))
    return tmp_path


def store_in(folder, name=NAME):
    return CheckpointStore(DurableFolder(folder), "stem", name, clock=lambda: NOW)


def newest(folder):
    return folder / "stem.0.json"


def test_new_input_has_no_position(tmp_path):
    assert store_in(tmp_path).load().position is None


def test_last_position_is_loaded(folder):
    loaded = store_in(folder).load()
    assert loaded.position == Position(200, 190)
    assert loaded.saved_at == NOW
    assert loaded.damaged == ()


def test_generations_alternate_between_two_files(folder):
    store = store_in(folder)
    store.load()
    for second in range(300, 900, 100):
        store.save(Position(second))
        assert store_in(folder).load().position == Position(second)
    assert sorted(path.name for path in folder.iterdir()) == ["stem.0.json", "stem.1.json"]


def sealed(**changes):
    """Return a position file with a valid checksum."""
    data = {"version": 1, "input": NAME, "generation": 2, "second": 200, "seen": 190, "saved_at": NOW, **changes}
    return encode_checkpoint(data)


DAMAGES = {
    "no bytes": b"",
    "zero bytes": bytes(180),
    "garbage": b"\xff\xfe\x00garbage\n\n",
    "empty object": b"{}\n",
    "no checksum": json.dumps({"version": 1, "input": NAME, "second": 5}).encode(),
    "future version": sealed(version=2),
    "other input": sealed(input="loglm_input://b"),
    "impossible time": sealed(second=-1),
    "wrong checksum": sealed()[:-3] + b"00\n",
    "doubled": sealed() * 2,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_file_falls_back_to_the_previous_generation(folder, damage):
    newest(folder).write_bytes(DAMAGES[damage])
    loaded = store_in(folder).load()
    assert loaded.position == Position(100, 90)
    assert loaded.damaged == ("stem.0.json.corrupt-20231114T221320Z",)
    assert (folder / loaded.damaged[0]).read_bytes() == DAMAGES[damage]


def test_truncated_file_is_damaged():
    whole = sealed()
    assert decode_checkpoint(whole, NAME) is not None
    assert all(decode_checkpoint(whole[:size], NAME) is None for size in range(len(whole)))


def test_changed_byte_is_damage():
    whole = sealed()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 0x20
        assert decode_checkpoint(bytes(changed), NAME) is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_load_fails_where_no_generation_is_readable(folder, damage):
    for path in folder.iterdir():
        path.write_bytes(DAMAGES[damage])
    for _ in range(2):
        with pytest.raises(CheckpointError, match="no earlier copy"):
            store_in(folder).load()


def test_removed_damaged_files_allow_a_new_start(folder):
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.raises(CheckpointError):
        store_in(folder).load()
    for path in folder.glob("*.corrupt-*"):
        path.unlink()
    assert store_in(folder).load().position is None


def test_save_after_a_fallback(folder):
    newest(folder).write_bytes(b"")
    store = store_in(folder)
    store.load()
    store.save(Position(300))
    assert store_in(folder).load().position == Position(300)


class FullDisk(DurableFolder):
    """A full disk."""

    def replace(self, name, content):
        raise OSError(28, "No space left on device")


def test_full_disk_keeps_the_saved_position(folder):
    store = CheckpointStore(FullDisk(folder), "stem", NAME)
    store.load()
    for attempt in (store.reserve, lambda: store.save(Position(300))):
        with pytest.raises(CheckpointError, match=r"No space left on device.*Reading paused so that nothing is lost"):
            attempt()
    assert store_in(folder).load().position == Position(200, 190)


def test_reserve_leaves_no_file(folder):
    before = sorted(folder.iterdir())
    store_in(folder).reserve()
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_power_cuts_leave_the_old_or_the_new_position(seed):
    """P4: 20 seeds of 500 cuts. Allowed are the last position certainly saved, and the one being saved."""
    rng = random.Random(seed)
    disk = CrashingFolder(seed)
    second = 0
    allowed = {None}
    for _ in range(500):
        store = CheckpointStore(disk, "stem", NAME)
        loaded = store.load()
        assert loaded.position in allowed
        assert loaded.damaged == ()
        disk.fuse = rng.randint(1, 9)
        certain = loaded.position
        try:
            while True:
                second += 1
                allowed = {certain, Position(second)}
                store.save(Position(second))
                certain = Position(second)
        except CrashError:
            disk.restart()


def test_checksum_is_sha256_of_the_line():
    line, check = sealed().splitlines()
    assert sha256(line).hexdigest().encode() == check
