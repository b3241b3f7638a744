"""Events that could not be delivered: kept on disk, delivered by the next run, or said to be lost."""

import os
import stat

import pytest

from loglm_bridge.contract.notable import Notable
from loglm_bridge.splunk.alert import spool as spool_module
from loglm_bridge.splunk.alert.delivery import KEPT, Target, Undelivered
from loglm_bridge.splunk.alert.spool import Spool, SpoolError
from tests.splunk.alert.alert_process import attack, values

EVENTS = [
    Undelivered(Target("notable", "stash", "risk"), Notable(1.5, f"rule {i}", {"a": ("x", 'é"\n'), "b": (str(i),)}))
    for i in range(3)
]


def keys(splunkd):
    """Return the event keys that splunkd received."""
    return [values(text, "loglm_event_key")[0] for _, text in splunkd.received]


def test_next_run_delivers_what_was_kept(run, splunkd, tmp_path):
    splunkd.faults["receive"] = ["busy"] * 99
    result = run([attack(i) for i in range(5)], retry=1, risk="1")
    assert (result.code, splunkd.received) == (1, [])
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "10 are kept and delivered by the next run of the action" in line
    files = list((tmp_path / "splunk/var/lib/splunk/loglm_bridge/spool").glob("*.jsonl"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    splunkd.faults["receive"] = []
    result = run([attack(9)])
    assert result.code == 0
    assert "INFO LogLM alert Suspicious processes: 10 events of earlier runs delivered" in result.lines
    assert len(splunkd.received) == 11
    assert [query["index"] for query, _ in splunkd.received].count("risk") == 5
    assert run([]).code == 0
    assert len(splunkd.received) == 11


def test_failure_in_the_middle_keeps_the_rest(run, splunkd):
    splunkd.faults["receive"] = [None, None] + ["busy"] * 99
    assert run([attack(i) for i in range(5)], retry=1).code == 1
    assert len(splunkd.received) == 2
    splunkd.faults["receive"] = [None] + ["busy"] * 99
    assert run([], retry=1).code == 1
    assert len(splunkd.received) == 3
    splunkd.faults["receive"] = []
    assert run([]).code == 0
    assert len(keys(splunkd)) == len(set(keys(splunkd))) == 5


def test_rights_of_another_owner_are_not_borrowed(run, splunkd):
    splunkd.faults["receive"] = ["forbidden"]
    result = run([attack(1)], owner="mallory")
    assert any("1 are kept" in line for line in result.lines)
    assert run([], owner="admin").code == 0
    assert splunkd.received == []
    assert run([], owner="mallory").code == 0
    assert len(splunkd.received) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_lost_events_are_counted_without_the_right_to_write(run, splunkd, tmp_path):
    folder = tmp_path / "splunk/var/lib"
    folder.mkdir(parents=True)
    folder.chmod(0o500)
    splunkd.faults["receive"] = ["busy"] * 99
    result = run([attack(1)], retry=0)
    assert any("1 are lost" in line for line in result.lines)


def test_lost_events_are_counted_without_a_spool(run, splunkd, splunk_env):
    del splunk_env["SPLUNK_HOME"]
    splunkd.faults["receive"] = ["busy"] * 99
    result = run([attack(1)], retry=0)
    assert result.code == 1
    assert any("0 notable and 0 risk events were written; 1 are lost" in line for line in result.lines)
    assert any("SPLUNK_HOME is not set" in line for line in result.lines)


def test_events_read_back_unchanged(tmp_path):
    spool = Spool(tmp_path / "spool", "hec")
    assert (spool.names(), spool.lock_path) == ([], None)
    spool.save(EVENTS)
    (name,) = spool.names()
    kept = [(Target("notable", "stash", KEPT), notable) for _, notable in EVENTS]
    assert spool.load(name) == kept
    spool.save(EVENTS[2:], name)
    assert spool.load(name) == kept[2:]
    assert Spool(tmp_path / "spool", "another group").names() == []
    spool.save([], name)
    assert spool.names() == []


def test_damaged_lines_are_left_out(tmp_path):
    spool = Spool(tmp_path / "spool", "hec")
    spool.save(EVENTS)
    (path,) = (tmp_path / "spool").iterdir()
    path.write_bytes(b"garbage\n[]\n{}\n" + path.read_bytes() + b'{"index":')
    assert len(spool.load(path.name)) == 3


def test_spool_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "MAX_BYTES", 1_000)
    spool = Spool(tmp_path / "spool", "hec")
    spool.save(EVENTS)
    with pytest.raises(SpoolError, match="the spool is full"):
        spool.save(EVENTS * 20)
    assert sum(path.stat().st_size for path in (tmp_path / "spool").iterdir()) <= 1_000
