"""`loglm inspect`: JSON lines in a pipe, a table on a terminal, a count of what is cut."""

import json

import pytest

from loglm_bridge import cli

LINES = [
    {
        "id": "call",
        "raw": json.dumps({"eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "eventVersion": "1"}),
    },
    {"id": "line", "raw": "Jan 10 13:55:36 host1 sshd[1]: Failed password for root from 203.0.113.9 port 22 ssh2"},
    {"id": "none", "raw": ""},
]


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)) + "\nnot {json\n")
    return str(path)


def test_every_line_is_a_row_with_the_documented_keys(events, capsys):
    assert cli.main(["inspect", events]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows][:3] == ["call", "line", "none"]
    assert [row["status"] for row in rows][:3] == ["ok", "ok", "empty"]
    assert (rows[0]["family"], rows[1]["family"], rows[1]["kind"]) == ("aws", "linux", "sshd")
    assert {"format", "family", "kind", "fields", "canonical"} <= rows[0].keys()


def test_on_a_terminal_people_get_a_table(events, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert cli.main(["inspect", events]) == 0
    printed = capsys.readouterr().out
    assert "call: aws cloudtrail" in printed
    assert "action=listusers" in printed
    assert "tokens" in printed
    assert "rule" in printed


def test_what_is_cut_is_counted_by_family(events, capsys):
    assert cli.main(["inspect", "--cut", events]) == 0
    assert "aws: 0 of 1 events are cut" in capsys.readouterr().out
