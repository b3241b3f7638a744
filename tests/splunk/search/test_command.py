"""The search command as splunkd runs it: the real bin/loglm.py in its own process."""

import json
import subprocess
import sys
import time

import pytest

from loglm_bridge.contract.limits import MAX_RAW_BYTES
from tests.splunk.conftest import TOKEN
from tests.splunk.splunkd import encode_rows, frame, warnings

COLUMNS = [
    *("loglm_status", "loglm_score", "loglm_verdict", "loglm_technique_id", "loglm_technique", "loglm_tactic"),
    *("loglm_confidence", "loglm_novelty", "loglm_model", "loglm_detail"),
]


def rows_of(*texts):
    """Rows with the fields that the command asks for."""
    return [
        {"_raw": text, "_time": f"{1700000000 + i}.250", "host": f"h{i}", "source": "s", "sourcetype": "st",
         "_chunked_idx": str(i)}
        for i, text in enumerate(texts)
    ]  # fmt: skip


def test_labels_a_row_with_all_columns(standin, app_at, search):
    one = search(app_at(standin.port))
    info = one.getinfo()
    assert info["type"] == "stateful"
    assert info["required_fields"] == ["_raw", "_time", "host", "source", "sourcetype", *COLUMNS]
    metadata, rows = one.execute(rows_of("run mimikatz", "whoami", "GET /"))
    assert metadata == {"finished": True}
    assert one.end() == 0
    model = "standin 1.0 abababababab"
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
    }
    assert [row["loglm_verdict"] for row in rows] == ["malicious", "suspicious", "benign"]
    assert (rows[2]["loglm_technique_id"], rows[2]["loglm_score"]) == ("", "0.012346")
    assert list(rows[2]) == [*first, "_chunked_idx", *COLUMNS]


def test_the_event_that_is_sent_holds_what_the_row_holds(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo("by=host,user", "top=2", "explain=true")
    one.execute([{**rows_of("a")[0], "user": ["u1", "u2"]}])
    seen = standin.seen()
    flags = {"embedding": False, "explain": True, "sequence": True, "distinct": True, "brief": True, "short": True}
    assert seen["options"] == {"top": 2, **flags}
    assert seen["last"] == [
        {"raw": "a", "sourcetype": "st", "source": "s", "host": "h0", "time": 1700000000.25, "entity": "h0\x1fu1\nu2"}
    ]


def test_getinfo_touches_neither_sidecar_nor_log_and_survives_a_bare_probe(standin, app_at, search, log_of):
    one = search(app_at(standin.port))
    one.send(frame({"action": "getinfo"}))
    metadata, _ = one.receive()
    assert metadata["type"] == "stateful"
    assert one.end() == 0
    assert standin.seen()["health"] == standin.seen()["requests"] == 0
    assert log_of() == ""


def test_the_token_is_sent_to_label_and_not_to_identify(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    one.execute(rows_of("a"))
    assert (standin.seen()["health"], standin.seen()["token"], standin.seen()["requests"]) == (1, "", 1)


def test_many_chunks_share_one_connection_and_one_identity_check(standin, proxy, app_at, search):
    one = search(app_at(proxy.port))
    one.getinfo()
    for i in range(5):
        metadata, rows = one.execute(rows_of(f"a{i}", "mimikatz"), finished=i == 4)
        assert [row["loglm_status"] for row in rows] == ["ok", "ok"]
        assert metadata == {"finished": i == 4}
    assert (proxy.connections, standin.seen()["health"]) == (1, 1)


def test_rows_keep_order_and_number_over_many_batches(standin, app_at, search):
    one = search(app_at(standin.port, sidecar="batch_events = 7"))
    one.getinfo()
    texts = ["mimikatz" if i % 3 else f"row {i}" for i in range(100)]
    _, rows = one.execute(rows_of(*texts))
    assert [row["_raw"] for row in rows] == texts
    assert [row["loglm_verdict"] for row in rows] == ["malicious" if i % 3 else "benign" for i in range(100)]
    assert [row["_chunked_idx"] for row in rows] == [str(i) for i in range(100)]
    assert sorted(standin.seen()["batches"]) == [2] + [7] * 14


def test_an_empty_chunk_is_answered_with_an_empty_body(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    assert one.execute_raw(b"", finished=False) == ({"finished": False}, [])
    assert one.execute([], columns=["_raw"], finished=False) == ({"finished": False}, [])
    assert one.execute_raw(b"") == ({"finished": True}, [])
    assert one.end() == 0


@pytest.mark.parametrize(
    ("arg", "said"),
    [
        ("threshold=1e999", 'threshold must be a number from 0 to 1, got "1e999"'),
        ("top=0", 'top must be a whole number from 1 to 10, got "0"'),
        ("by={0}\u202e*", "by must be the name of one field"),
    ],
)
def test_a_bad_option_is_one_clear_error_before_any_row(arg, said, standin, app_at, search):
    one = search(app_at(standin.port))
    metadata = one.getinfo(arg)
    assert metadata["finished"] is True
    assert metadata["error"].startswith("LogLM: ")
    assert said in metadata["error"]
    assert "ref=" in metadata["error"]
    assert one.end() == 0


def test_a_bad_setting_names_key_value_and_wish(standin, app_at, search):
    one = search(app_at(standin.port, sidecar="timeout = soon"))
    assert "[sidecar] timeout must be a number from 0.1 to 300, got 'soon'" in one.getinfo()["error"]
    assert one.end() == 0


def test_threshold_top_output_and_prefix(standin, app_at, search):
    one = search(app_at(standin.port))
    info = one.getinfo("threshold=0.99", "top=1", "output=all", "prefix=ai_")
    assert "ai_embedding" in info["required_fields"]
    _, rows = one.execute(rows_of("mimikatz"))
    assert (rows[0]["ai_verdict"], rows[0]["ai_technique_id"]) == ("suspicious", "T1003.001")
    assert json.loads(rows[0]["ai_embedding"]) == [0.6, -0.8]
    assert not any(name.startswith("loglm_") for name in rows[0])


def test_conf_gives_the_defaults_and_an_option_overrides_them(standin, app_at, search):
    app = app_at(standin.port, labels="threshold = 0.4\ntop = 1\nprefix = x_")
    one = search(app)
    one.getinfo()
    _, rows = one.execute(rows_of("whoami"))
    assert (rows[0]["x_verdict"], standin.seen()["options"]["top"]) == ("malicious", 1)
    other = search(app)
    other.getinfo("threshold=0.6", "top=2")
    _, rows = other.execute(rows_of("whoami"))
    assert (rows[0]["x_verdict"], standin.seen()["options"]["top"]) == ("suspicious", 2)


def test_a_threshold_that_makes_an_alarm_of_a_row_shows_its_techniques(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo("threshold=0.01")
    _, rows = one.execute(rows_of("notepad"))
    assert (rows[0]["loglm_verdict"], rows[0]["loglm_technique_id"]) == ("malicious", ["T1003.001", "T1053.005"])


def test_output_embedding_writes_no_labels(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo("output=embedding")
    _, rows = one.execute(rows_of("mimikatz"))
    written = [name for name in rows[0] if name.startswith("loglm_")]
    assert written == ["loglm_status", "loglm_model", "loglm_detail", "loglm_embedding"]


def test_rows_without_text_keep_their_place_and_are_counted(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    metadata, rows = one.execute(rows_of("mimikatz", "", " \t", "a"))
    assert [row["loglm_status"] for row in rows] == ["ok", "empty", "empty", "ok"]
    assert (rows[1]["loglm_verdict"], rows[1]["loglm_detail"]) == ("", 'field "_raw" is absent or empty')
    (text,) = warnings(metadata)
    assert text.startswith('LogLM: 2 of 4 events have no text in field "_raw" (loglm_status=empty).')
    assert standin.seen()["events"] == 2


def test_an_absent_field_is_named(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo("field=EventCode")
    metadata, rows = one.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["empty", "empty"]
    assert 'no text in field "EventCode"' in warnings(metadata)[0]
    assert standin.seen()["requests"] == 0


def test_unparsed_rows_carry_the_sidecars_reason_made_safe(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    metadata, rows = one.execute(rows_of("\ufffdx"))
    assert (rows[0]["loglm_status"], rows[0]["loglm_detail"]) == ("unparsed", "no\\nformat \\u202e fits")
    assert "1 of 1 events contain nothing LogLM can read (loglm_status=unparsed)" in warnings(metadata)[0]


def test_a_long_event_is_sent_cut_and_marked(standin, app_at, search):
    one = search(app_at(standin.port, sidecar="batch_bytes = 131072"))
    one.getinfo("explain=t")
    text = "mimikatz " + "é" * 600_000
    _, rows = one.execute(rows_of("x" * MAX_RAW_BYTES, text))
    assert rows[1]["_raw"] == text
    assert rows[1]["loglm_detail"] == ["truncated=1", '{"tokens":["a","\\u202e"]}']
    assert rows[0]["loglm_detail"] == '{"tokens":["a","\\u202e"]}'
    assert standin.seen()["batches"] == [1, 1]
    assert len(standin.seen()["last"][0]["raw"]) == MAX_RAW_BYTES + 1


def test_a_value_larger_than_the_csv_modules_limit_passes(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    text = "y" * (11 * 1024 * 1024)
    _, rows = one.execute(rows_of(text))
    assert (len(rows[0]["_raw"]), rows[0]["loglm_status"]) == (len(text), "ok")


def test_hostile_text_passes_and_is_labelled(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    texts = [
        "mimikatz \x1b[31m",
        "\ufeff[CLS] <pad> mimikatz",
        "\u202emimikatz\u200b",
        'mimikatz "a,b"\r\nc\nd',
        "$mimikatz;$",
    ]
    metadata, rows = one.execute(rows_of(*texts))
    assert [row["_raw"] for row in rows] == texts
    assert {row["loglm_verdict"] for row in rows} == {"malicious"}
    assert [event["raw"] for event in standin.seen()["last"]] == texts
    assert metadata == {"finished": True}


def test_what_no_csv_reader_takes_is_replaced_visibly(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    body = b"_raw,host\nmimi\x00katz \xff\xed\xa0\x80,a\rb\n"
    _, rows = one.execute_raw(body)
    assert (rows[0]["_raw"], rows[0]["host"]) == ("mimi\u2400katz \ufffd\ufffd\ufffd\ufffd", "a\u240db")
    assert rows[0]["loglm_status"] == "ok"


def test_hostile_columns_pass_untouched_and_splunks_own_are_never_written(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    row = {"_raw": "a", "_time": "1", "_serial": "7", 'q"u=o,te': "1", "n" * 10_000: "2", "{0}": "3", "": "4"}
    _, rows = one.execute([row])
    assert {name: rows[0][name] for name in row} == row


def test_a_row_that_was_labelled_before_is_labelled_anew(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    old = {"loglm_verdict": "malicious", "loglm_technique_id": ["T1", "T2"], "loglm_note": "mine"}
    _, rows = one.execute([{**rows_of("GET /")[0], **old}])
    assert (rows[0]["loglm_verdict"], rows[0]["loglm_technique_id"], rows[0]["loglm_note"]) == ("benign", "", "mine")


def test_multivalue_fields_stay_multivalue(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    _, rows = one.execute([{"_raw": ["mimikatz", "b"], "tag": ["a$b", "", "c;d"], "one": ["x"]}])
    assert rows[0]["_raw"] == ["mimikatz", "b"]
    assert (rows[0]["tag"], rows[0]["one"], rows[0]["loglm_verdict"]) == (["a$b", "", "c;d"], "x", "malicious")
    assert standin.seen()["last"][0]["raw"] == "mimikatz\nb"


def test_a_column_that_the_first_row_lacks_is_not_lost(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    _, rows = one.execute_raw(b"_raw,__mv_tag\na,\nb,$x$;$y$\n")
    assert [row["tag"] for row in rows] == ["", ["x", "y"]]


def test_fifty_thousand_columns(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    header = ",".join(f"c{i}" for i in range(50_000)).encode()
    _, rows = one.execute_raw(b"_raw," + header + b"\nmimikatz" + b",1" * 50_000 + b"\n")
    assert (len(rows[0]), rows[0]["loglm_verdict"]) == (50_011, "malicious")


def test_cancel_between_chunks_ends_quietly(standin, app_at, search, log_of):
    one = search(app_at(standin.port))
    one.getinfo()
    one.execute(rows_of("a"), finished=False)
    assert one.end() == 0
    assert " INFO " in log_of()
    assert "search cancelled sid=1700000000.1 rows=1 ok=1 " in log_of()


def test_cancel_within_a_chunk_ends_quietly(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    one.send(frame({"action": "execute", "finished": True}, encode_rows(rows_of("a")))[:-20])
    assert one.end() == 0


def test_a_reader_that_went_away_ends_it_quietly(standin, app_at, search, log_of):
    one = search(app_at(standin.port))
    one.getinfo()
    one.process.stdout.close()
    body = encode_rows(rows_of(*["x" * 1000] * 500))
    one.send(frame({"action": "execute", "finished": True}, body))
    one.process.stdin.close()
    assert one.process.wait(20) == 0
    assert one.process.stderr.read() == b""
    assert "ERROR" not in log_of()


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"chunked 1.0,3,0\n{a}", b"chunked 1.0,2,0\n[]", b"\xff" * 500]
)
def test_noise_in_place_of_getinfo_is_a_clear_error(noise, standin, app_at, search):
    one = search(app_at(standin.port))
    one.send(noise)
    metadata, _ = one.receive()
    assert metadata["finished"] is True
    assert "splunkd sent" in metadata["error"]
    assert one.end() == 0


def test_rows_before_getinfo_are_a_clear_error(standin, app_at, search):
    one = search(app_at(standin.port))
    one.send(frame({"action": "execute", "finished": True}))
    assert "not with getinfo" in one.receive()[0]["error"]
    assert one.end() == 0


def test_a_search_that_lands_on_an_indexer_passes_its_rows(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo(sid="remote_sh1_1700000000.1")
    metadata, rows = one.execute(rows_of("a"))
    assert rows[0]["loglm_status"] == "unavailable"
    assert "LogLM runs on the search head only" in warnings(metadata)[0]
    assert standin.seen()["health"] == 0


def test_without_a_token_rows_pass_and_the_message_says_what_to_do(standin, app_at, search):
    app = app_at(standin.port)
    (app / "local/token").unlink()
    one = search(app)
    one.getinfo()
    metadata, rows = one.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["unavailable", "unavailable"]
    assert "the token file cannot be read (No such file or directory)" in warnings(metadata)[0]
    assert standin.seen()["requests"] == 0


def test_the_log_has_one_line_and_no_secret(standin, app_at, search, log_of):
    one = search(app_at(standin.port))
    one.getinfo(session_key="s3ssion-key", sid="17\nERROR forged \x1b[31m")
    one.execute(rows_of("canary-raw-text"))
    assert one.end() == 0
    (line,) = log_of().splitlines()
    assert " INFO " in line
    assert "sid=17\\nERROR forged \\u001b[31m rows=1 ok=1" in line
    for secret in (TOKEN, "s3ssion-key", "canary-raw-text"):
        assert secret not in log_of()


def test_without_splunk_home_there_is_no_log_and_no_complaint(standin, app_at, search, splunk_env):
    del splunk_env["SPLUNK_HOME"]
    one = search(app_at(standin.port))
    one.getinfo()
    one.execute(rows_of("a"))
    assert one.end() == 0


def test_a_damaged_app_says_so(standin, app_at, search, splunk_env):
    app = app_at(standin.port)
    (app / "lib/loglm_bridge").mkdir(parents=True)
    # not an empty file: an editable install would find the parts below it elsewhere
    (app / "lib/loglm_bridge/__init__.py").write_text("import a_module_that_was_lost\n")
    one = search(app)
    metadata = one.getinfo()
    assert metadata["finished"] is True
    assert "the app cannot start on Python 3." in metadata["error"]
    assert one.end() == 0


@pytest.mark.parametrize(
    "place", ["l.EventReader.encoded", "l.independent", "l.LabelCells.labelled", "l.Options.to_dict"]
)
def test_a_defect_of_ours_costs_labels_but_no_rows(place, standin, app_at, search, splunk_env, log_of):
    app = app_at(standin.port)
    (app / "lib").mkdir()
    (app / "lib/sitecustomize.py").write_text(
        f"import loglm_bridge.splunk.search.labeller as l\ndef defect(*_): raise KeyError('canary')\nl.{function} = defect\n"
    )
    splunk_env["PYTHONPATH"] += f":{app / 'lib'}"
    one = search(app)
    one.getinfo()
    metadata, rows = one.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["error", "error"]
    (text,) = warnings(metadata)
    assert "internal error (KeyError). 2 of 2 events returned without labels (loglm_status=error)" in text
    assert one.end() == 0
    ref = text.rpartition("ref=")[2]
    assert ref in log_of()
    assert "canary" not in log_of()


def test_getinfo_pays_for_nothing_that_only_rows_need(splunk_env):
    program = "import sys, loglm_bridge.splunk.search.command as c; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=splunk_env, check=True)
    late = {
        *("requests", "urllib3", "splunklib", "http.client", "ssl", "csv", "threading", "logging", "hashlib"),
        *("loglm_bridge.contract.wire", "loglm_bridge.contract.attack_table"),
    }
    assert late & set(done.stdout.split()) == set()


def test_rows_pay_neither_for_splunklib_nor_for_requests(splunk_env):
    program = "import sys, loglm_bridge.splunk.search.labeller as c; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=splunk_env, check=True)
    assert {"requests", "urllib3", "splunklib"} & set(done.stdout.split()) == set()


def test_a_chunk_that_holds_nothing_but_labels_is_labelled_anew(standin, app_at, search):
    one = search(app_at(standin.port))
    one.getinfo()
    _, rows = one.execute([{"loglm_status": "ok", "loglm_verdict": "malicious"}] * 2)
    assert [list(row) for row in rows] == [COLUMNS] * 2
    assert [(row["loglm_status"], row["loglm_verdict"]) for row in rows] == [("empty", "")] * 2


def test_getinfo_is_quick(standin, app_at, search):
    app = app_at(standin.port)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        search(app).getinfo()
        times.append(time.perf_counter() - started)
    # 0.15 s on an idle machine; the best of five, because tests share theirs
    assert min(times) < 0.6
