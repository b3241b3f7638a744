"""Rows with unusual text, fields and columns pass the search command unchanged and labelled."""

from loglm_bridge.contract.limits import MAX_RAW_BYTES
from tests.splunk.sample_rows import LABEL_COLUMNS, rows_of


def test_long_event_is_cut_and_marked(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port, sidecar="batch_bytes = 131072"))
    command.getinfo("explain=t")
    text = "mimikatz " + "é" * 600_000
    _, rows = command.execute(rows_of("x" * MAX_RAW_BYTES, text))
    assert rows[1]["_raw"] == text
    assert rows[1]["loglm_detail"] == "truncated=1"
    assert rows[0]["loglm_explanation"] == rows[1]["loglm_explanation"] == '{"tokens":["a","\\u202e"]}'
    assert fake_sidecar.seen()["batches"] == [1, 1]
    assert len(fake_sidecar.seen()["last"][0]["raw"]) == MAX_RAW_BYTES + 1


def test_value_above_the_limit_of_the_csv_module(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    text = "y" * (11 * 1024 * 1024)
    _, rows = command.execute(rows_of(text))
    assert (len(rows[0]["_raw"]), rows[0]["loglm_status"]) == (len(text), "ok")


def test_control_characters_and_quotes_in_text(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    texts = [
        "mimikatz \x1b[31m",
        "\ufeff[CLS] <pad> mimikatz",
        "\u202emimikatz\u200b",
        'mimikatz "a,b"\r\nc\nd',
        "$mimikatz;$",
    ]
    metadata, rows = command.execute(rows_of(*texts))
    assert [row["_raw"] for row in rows] == texts
    assert {row["loglm_verdict"] for row in rows} == {"malicious"}
    assert [event["raw"] for event in fake_sidecar.seen()["last"]] == texts
    assert metadata == {"finished": True}


def test_bytes_that_csv_readers_refuse_are_replaced(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    body = b"_raw,host\nmimi\x00katz \xff\xed\xa0\x80,a\rb\n"
    _, rows = command.execute_raw(body)
    assert (rows[0]["_raw"], rows[0]["host"]) == ("mimi\u2400katz \ufffd\ufffd\ufffd\ufffd", "a\u240db")
    assert rows[0]["loglm_status"] == "ok"


def test_unusual_columns_are_unchanged(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    row = {"_raw": "a", "_time": "1", "_serial": "7", 'q"u=o,te': "1", "n" * 10_000: "2", "{0}": "3", "": "4"}
    _, rows = command.execute([row])
    assert {name: rows[0][name] for name in row} == row


def test_labelled_row_is_labelled_anew(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    old = {"loglm_verdict": "malicious", "loglm_technique_id": ["T1", "T2"], "loglm_note": "mine"}
    _, rows = command.execute([{**rows_of("GET /")[0], **old}])
    assert (rows[0]["loglm_verdict"], rows[0]["loglm_technique_id"], rows[0]["loglm_note"]) == ("benign", "", "mine")


def test_multivalue_fields_stay_multivalue(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    _, rows = command.execute([{"_raw": ["mimikatz", "b"], "tag": ["a$b", "", "c;d"], "one": ["x"]}])
    assert rows[0]["_raw"] == ["mimikatz", "b"]
    assert (rows[0]["tag"], rows[0]["one"], rows[0]["loglm_verdict"]) == (["a$b", "", "c;d"], "x", "malicious")
    assert fake_sidecar.seen()["last"][0]["raw"] == "mimikatz\nb"


def test_column_that_the_first_row_lacks_is_kept(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    _, rows = command.execute_raw(b"_raw,__mv_tag\na,\nb,$x$;$y$\n")
    assert [row["tag"] for row in rows] == ["", ["x", "y"]]


def test_fifty_thousand_columns(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    header = ",".join(f"c{i}" for i in range(50_000)).encode()
    _, rows = command.execute_raw(b"_raw," + header + b"\nmimikatz" + b",1" * 50_000 + b"\n")
    assert (len(rows[0]), rows[0]["loglm_verdict"]) == (50_013, "malicious")


def test_rows_with_nothing_but_labels_are_labelled_anew(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    _, rows = command.execute([{"loglm_status": "ok", "loglm_verdict": "malicious"}] * 2)
    assert [list(row) for row in rows] == [LABEL_COLUMNS] * 2
    assert [(row["loglm_status"], row["loglm_verdict"]) for row in rows] == [("empty", "")] * 2
