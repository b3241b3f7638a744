"""The system calls of durable writes, in order."""

import os
from pathlib import Path

import pytest

from loglm_bridge.splunk.modinput.durable_files import DurableFolder


@pytest.fixture
def calls(monkeypatch):
    """The system calls, in order: fsync of a file or folder, rename."""
    seen = []
    fsync, replace = os.fsync, Path.replace

    def recording_fsync(file):
        seen.append("sync folder" if Path(f"/proc/self/fd/{file}").is_dir() else "sync file")
        fsync(file)

    def recording_replace(self, target):
        seen.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(Path, "replace", recording_replace)
    return seen


def test_replace_syncs_the_file_then_renames_then_syncs_the_folder(tmp_path, calls):
    DurableFolder(tmp_path).replace("a", b"1")
    assert calls == ["sync file", "rename", "sync folder"]
    assert (tmp_path / "a").read_bytes() == b"1"


def test_append_syncs_the_file(tmp_path, calls):
    (tmp_path / "a").write_bytes(b"1")
    DurableFolder(tmp_path).append("a", b"2")
    assert calls == ["sync file"]
    assert (tmp_path / "a").read_bytes() == b"12"


def test_failed_replace_keeps_the_old_file_only(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def broken(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        DurableFolder(tmp_path).replace("a", b"new")
    assert DurableFolder(tmp_path).names() == ["a"]
    assert DurableFolder(tmp_path).read("a") == b"old"
    assert DurableFolder(tmp_path).read("b") is None
