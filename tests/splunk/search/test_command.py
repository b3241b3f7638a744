"""The search command as splunkd runs it: the real bin/loglm.py in its own process."""

import json
import re

import pytest

from tests.splunk.sample_rows import LABEL_COLUMNS, rows_of
from tests.splunk.splunkd import warnings


def test_row_gets_all_columns(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    info = command.getinfo()
    assert info["type"] == "stateful"
    assert info["required_fields"] == ["_raw", "_time", "host", "source", "sourcetype", *LABEL_COLUMNS]
    metadata, rows = command.execute(rows_of("run mimikatz", "whoami", "GET /"))
    assert metadata == {"finished": True}
    assert command.end() == 0
    model = "fake 1.0 abababababab"
    first = {"_raw": "run mimikatz", "_time": "1700000000.250", "host": "h0", "source": "s", "sourcetype": "st"}
    assert rows[0] == {
        **first,
        "_chunked_idx": "0",
        "loglm_status": "ok",
        "loglm_score": "0.973",
        "loglm_verdict": "malicious",
        "loglm_technique_id": ["T1003.001", "T1053.005"],
        "loglm_technique": ["LSASS Memory", "Scheduled Task"],
        "loglm_tactic": ["credential-access", "execution,persistence,privilege-escalation"],
        "loglm_confidence": ["0.91", "0.25"],
        "loglm_novelty": "0.125",
        "loglm_model": model,
        "loglm_detail": "",
        "loglm_explanation": "",
        "loglm_proof": rows[0]["loglm_proof"],
    }
    assert re.fullmatch("[0-9a-f]{24}", rows[0]["loglm_proof"])
    assert [row["loglm_verdict"] for row in rows] == ["malicious", "suspicious", "benign"]
    assert (rows[2]["loglm_technique_id"], rows[2]["loglm_score"]) == ("", "0.012346")
    assert list(rows[2]) == [*first, "_chunked_idx", *LABEL_COLUMNS]


def test_sent_event_contains_the_fields_of_the_row(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo("by=host,user", "top=2", "explain=true")
    command.execute([{**rows_of("a")[0], "user": ["u1", "u2"]}])
    seen = fake_sidecar.seen()
    flags = {"embedding": False, "explain": True, "sequence": True, "distinct": True, "brief": True, "short": True}
    assert seen["options"] == {"top": 2, **flags}
    assert seen["last"] == [
        {"raw": "a", "sourcetype": "st", "source": "s", "host": "h0", "time": 1700000000.25, "entity": "h0\x1fu1\nu2"}
    ]


def test_token_is_sent_for_labels_only(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.execute(rows_of("a"))
    assert (fake_sidecar.seen()["health"], fake_sidecar.seen()["token"], fake_sidecar.seen()["requests"]) == (1, "", 1)


def test_chunks_share_connection_and_identity_check(fake_sidecar, proxy, app_at, search):
    command = search(app_at(proxy.port))
    command.getinfo()
    for i in range(5):
        metadata, rows = command.execute(rows_of(f"a{i}", "mimikatz"), finished=i == 4)
        assert [row["loglm_status"] for row in rows] == ["ok", "ok"]
        assert metadata == {"finished": i == 4}
    assert (proxy.connections, fake_sidecar.seen()["health"]) == (1, 1)


def test_rows_keep_their_order_over_many_batches(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port, sidecar="batch_events = 7"))
    command.getinfo()
    texts = ["mimikatz" if i % 3 else f"row {i}" for i in range(100)]
    _, rows = command.execute(rows_of(*texts))
    assert [row["_raw"] for row in rows] == texts
    assert [row["loglm_verdict"] for row in rows] == ["malicious" if i % 3 else "benign" for i in range(100)]
    assert [row["_chunked_idx"] for row in rows] == [str(i) for i in range(100)]
    assert sorted(fake_sidecar.seen()["batches"]) == [2] + [7] * 14


def test_empty_chunk_is_answered_with_an_empty_body(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    assert command.execute_raw(b"", finished=False) == ({"finished": False}, [])
    assert command.execute([], columns=["_raw"], finished=False) == ({"finished": False}, [])
    assert command.execute_raw(b"") == ({"finished": True}, [])
    assert command.end() == 0


@pytest.mark.parametrize(
    ("arg", "message"),
    [
        ("threshold=1e999", 'threshold must be a number from 0 to 1, got "1e999"'),
        ("top=0", 'top must be a whole number from 1 to 10, got "0"'),
        ("by={0}\u202e*", "by must be the name of one field"),
    ],
)
def test_invalid_option_stops_the_search(arg, message, fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    metadata = command.getinfo(arg)
    assert metadata["finished"] is True
    assert metadata["error"].startswith("LogLM: ")
    assert message in metadata["error"]
    assert "ref=" in metadata["error"]
    assert command.end() == 0


def test_invalid_setting_stops_the_search(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port, sidecar="timeout = soon"))
    assert "[sidecar] timeout must be a number from 0.1 to 300, got 'soon'" in command.getinfo()["error"]
    assert command.end() == 0


def test_options_threshold_top_output_and_prefix(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    info = command.getinfo("threshold=0.99", "top=1", "output=all", "prefix=ai_")
    assert "ai_embedding" in info["required_fields"]
    _, rows = command.execute(rows_of("mimikatz"))
    assert (rows[0]["ai_verdict"], rows[0]["ai_technique_id"]) == ("suspicious", "T1003.001")
    assert json.loads(rows[0]["ai_embedding"]) == [0.6, -0.8]
    assert not any(name.startswith("loglm_") for name in rows[0])


def test_options_override_the_conf(fake_sidecar, app_at, search):
    app = app_at(fake_sidecar.port, labels="threshold = 0.4\ntop = 1\nprefix = x_")
    command = search(app)
    command.getinfo()
    _, rows = command.execute(rows_of("whoami"))
    assert (rows[0]["x_verdict"], fake_sidecar.seen()["options"]["top"]) == ("malicious", 1)
    other = search(app)
    other.getinfo("threshold=0.6", "top=2")
    _, rows = other.execute(rows_of("whoami"))
    assert (rows[0]["x_verdict"], fake_sidecar.seen()["options"]["top"]) == ("suspicious", 2)


def test_row_flagged_by_threshold_shows_its_techniques(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo("threshold=0.01")
    _, rows = command.execute(rows_of("notepad"))
    assert (rows[0]["loglm_verdict"], rows[0]["loglm_technique_id"]) == ("malicious", ["T1003.001", "T1053.005"])


def test_output_embedding_writes_no_labels(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo("output=embedding")
    _, rows = command.execute(rows_of("mimikatz"))
    written = [name for name in rows[0] if name.startswith("loglm_")]
    assert written == ["loglm_status", "loglm_model", "loglm_detail", "loglm_embedding"]


def test_rows_without_text_are_empty_and_counted(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    metadata, rows = command.execute(rows_of("mimikatz", "", " \t", "a"))
    assert [row["loglm_status"] for row in rows] == ["ok", "empty", "empty", "ok"]
    assert (rows[1]["loglm_verdict"], rows[1]["loglm_detail"]) == ("", 'field "_raw" is absent or empty')
    (text,) = warnings(metadata)
    assert text.startswith('LogLM: 2 of 4 events have no text in field "_raw" (loglm_status=empty).')
    assert fake_sidecar.seen()["events"] == 2


def test_absent_field_is_named(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo("field=EventCode")
    metadata, rows = command.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["empty", "empty"]
    assert 'no text in field "EventCode"' in warnings(metadata)[0]
    assert fake_sidecar.seen()["requests"] == 0


def test_unparsed_row_has_the_escaped_reason(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    metadata, rows = command.execute(rows_of("\ufffdx"))
    assert (rows[0]["loglm_status"], rows[0]["loglm_detail"]) == ("unparsed", "no\\nformat \\u202e fits")
    assert "1 of 1 events contain nothing LogLM can read (loglm_status=unparsed)" in warnings(metadata)[0]
