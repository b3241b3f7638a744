"""The labeller: a bug or a missing sidecar costs labels, but no rows."""

import pytest

from tests.splunk.sample_rows import rows_of
from tests.splunk.splunkd import warnings


@pytest.mark.parametrize(
    "function", ["l.EventReader.encoded", "l.independent", "l.LabelCells.labelled", "l.Options.to_dict"]
)
def test_bug_costs_labels_but_no_rows(function, fake_sidecar, app_at, search, splunk_env, log_of):
    app = app_at(fake_sidecar.port)
    (app / "lib").mkdir()
    (app / "lib/sitecustomize.py").write_text(
        f"import loglm_bridge.splunk.search.labeller as l\ndef bug(*_): raise KeyError('canary')\n{function} = bug\n"
    )
    splunk_env["PYTHONPATH"] += f":{app / 'lib'}"
    command = search(app)
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["error", "error"]
    (text,) = warnings(metadata)
    assert "internal error (KeyError). 2 of 2 events returned without labels (loglm_status=error)" in text
    assert command.end() == 0
    ref = text.rpartition("ref=")[2]
    assert ref in log_of()
    assert "canary" not in log_of()


def test_search_on_an_indexer_returns_its_rows(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo(sid="remote_sh1_1700000000.1")
    metadata, rows = command.execute(rows_of("a"))
    assert rows[0]["loglm_status"] == "unavailable"
    assert "LogLM runs on the search head only" in warnings(metadata)[0]
    assert fake_sidecar.seen()["health"] == 0


def test_rows_are_returned_without_a_token(fake_sidecar, app_at, search):
    app = app_at(fake_sidecar.port)
    (app / "local/token").unlink()
    command = search(app)
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["unavailable", "unavailable"]
    assert "the token file cannot be read (No such file or directory)" in warnings(metadata)[0]
    assert fake_sidecar.seen()["requests"] == 0
