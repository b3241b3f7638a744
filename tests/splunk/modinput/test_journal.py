"""The journal of the current window: incomplete lines, other windows, power cuts."""

import random
from collections import Counter

import pytest

from loglm_bridge.contract.errors import CheckpointError
from loglm_bridge.splunk.modinput.durable_files import DurableFolder
from loglm_bridge.splunk.modinput.journal import Journal, short_key
from tests.splunk.modinput.crashing_folder import CrashError, CrashingFolder


def key(number):
    return f"{number:064x}"[::-1]


@pytest.fixture
def journal(tmp_path):
    return Journal(DurableFolder(tmp_path), "stem")


def test_recorded_keys_are_resumed(journal):
    assert journal.resume(100) == Counter()
    journal.record([key(1), key(2)])
    journal.record([key(1)])
    assert journal.resume(100) == Counter({short_key(key(1)): 2, short_key(key(2)): 1})


def test_another_window_starts_empty(journal):
    journal.resume(100)
    journal.record([key(1)])
    assert journal.resume(1000) == Counter()
    assert journal.resume(100) == Counter()


def test_incomplete_last_line_is_dropped(journal, tmp_path):
    journal.resume(100)
    journal.record([key(1), key(2)])
    first = (tmp_path / "stem.journal").read_bytes()
    journal.record([key(3), key(4)])
    whole = (tmp_path / "stem.journal").read_bytes()
    for size in range(len(first), len(whole)):
        for filler in (b"", bytes(40)):
            (tmp_path / "stem.journal").write_bytes(whole[:size] + filler)
            assert journal.resume(100) == Counter({short_key(key(1)): 1, short_key(key(2)): 1})
            assert (tmp_path / "stem.journal").read_bytes() == first


@pytest.mark.parametrize("content", [b"", bytes(100), b"\xff\n", b"loglm-journal 1 100\n", b"\n\n"])
def test_damaged_header_starts_empty(journal, tmp_path, content):
    (tmp_path / "stem.journal").write_bytes(content)
    assert journal.resume(100) == Counter()
    journal.record([key(1)])
    assert journal.resume(100) == Counter({short_key(key(1)): 1})


def test_records_continue_after_an_incomplete_line(journal, tmp_path):
    journal.resume(100)
    journal.record([key(1)])
    with (tmp_path / "stem.journal").open("ab") as file:
        file.write(b"0000")
    journal.resume(100)
    journal.record([key(2)])
    assert journal.resume(100) == Counter({short_key(key(1)): 1, short_key(key(2)): 1})


class FullDisk(DurableFolder):
    """A full disk."""

    def append(self, name, content):
        raise OSError(28, "No space left on device")


def test_full_disk_raises_checkpoint_error(tmp_path):
    journal = Journal(FullDisk(tmp_path), "stem")
    journal.resume(100)
    with pytest.raises(CheckpointError, match="Reading paused"):
        journal.record([key(1)])


@pytest.mark.parametrize("seed", range(10))
def test_power_cuts_lose_at_most_the_last_batch(seed):
    rng = random.Random(seed)
    disk = CrashingFolder(seed)
    number, certain, possible = 0, [], []
    for _ in range(200):
        journal = Journal(disk, "stem")
        keys = set(journal.resume(100))
        assert {short_key(k) for k in certain} <= keys <= {short_key(k) for k in certain + possible}
        certain = [k for k in certain + possible if short_key(k) in keys]
        disk.fuse = rng.randint(1, 8)
        try:
            while True:
                number += 1
                possible = [key(number)]
                journal.record(possible)
                certain, possible = certain + possible, []
        except CrashError:
            disk.restart()
        except KeyError:
            pytest.fail("a record without a journal file")
