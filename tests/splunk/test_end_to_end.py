"""The real search command and the real sidecar, each in its own process; mostly with a double of the model."""

import json
import signal

import pytest

from loglm_bridge.contract.entity_state import MAX_STATE_EVENTS
from loglm_bridge.contract.wire import Options
from loglm_bridge.splunk.rows.row_mapping import event_of
from tests.splunk.sample_rows import rows_of
from tests.splunk.splunkd import warnings

pytest.importorskip("starlette")  # not installed for Splunk's own Pythons

from loglm_bridge.model import default_folder
from loglm_bridge.model.labeller import Labeller
from tests.sidecar.process import Process


@pytest.fixture
def serve(tmp_path):
    """Start sidecars."""
    running = []

    def start(*flags, **environ):
        folder = tmp_path / f"sidecar{len(running)}"
        folder.mkdir()
        running.append(Process(folder, *flags, **environ))
        return running[-1]

    yield start
    for process in running:
        process.close()


def test_rows_get_the_labels_of_the_sidecar(serve, app_at, search):
    sidecar = serve().ready()
    texts = [f"event {i} é\u202e\x00"[: 7 + i] for i in range(300)]
    command = search(app_at(sidecar.port, token=sidecar.token))
    command.getinfo("output=all", "top=10", "explain=t")
    metadata, rows = command.execute(rows_of(*texts[:100]), finished=False)
    assert metadata == {"finished": False}
    metadata, later_rows = command.execute(rows_of(*texts[100:]))
    assert metadata == {"finished": True}
    assert command.end() == 0
    expected = [
        verdict
        for i in range(0, 300, 100)
        for verdict in sidecar.label(*[r["_raw"] for r in (rows + later_rows)[i : i + 100]])
    ]
    assert [row["loglm_status"] for row in rows + later_rows] == ["ok"] * 300
    assert [row["loglm_verdict"] for row in rows + later_rows] == [verdict["verdict"] for verdict in expected]
    assert [float(row["loglm_score"]) for row in rows + later_rows] == [
        round(verdict["score"], 6) for verdict in expected
    ]
    assert {row["loglm_model"] for row in rows + later_rows} == {"double 0 000000000000"}


def test_search_waits_for_a_loading_model(serve, app_at, search):
    sidecar = serve(DOUBLE="late 2").listening()
    command = search(app_at(sidecar.port, token=sidecar.token))
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "b"))
    assert ([row["loglm_status"] for row in rows], warnings(metadata)) == (["ok", "ok"], [])


def test_sidecar_with_a_refused_model_is_unavailable(serve, app_at, search):
    sidecar = serve(DOUBLE="refuse").listening()
    command = search(app_at(sidecar.port, token=sidecar.token))
    command.getinfo()
    metadata, rows = command.execute(rows_of("a"))
    assert rows[0]["loglm_status"] == "unavailable"
    (text,) = warnings(metadata)
    assert "sidecar not reachable" in text  # it exits without a model


def test_wrong_token_is_reported_and_sent_once(serve, app_at, search):
    sidecar = serve().ready()
    command = search(app_at(sidecar.port, token="wr0ng", sidecar="batch_events = 1"))
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "b", "c"))
    assert [row["loglm_status"] for row in rows] == ["unavailable"] * 3
    assert "the sidecar refused the token" in warnings(metadata)[0]
    assert sidecar.metrics()['loglm_requests_total{outcome="unauthorized"}'] == 1


def test_event_that_hangs_the_model_loses_only_its_own_label(serve, app_at, search):
    sidecar = serve("--deadline", "1").ready()
    command = search(app_at(sidecar.port, token=sidecar.token, sidecar="timeout = 30"))
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "HANG", "b"))
    assert [row["loglm_status"] for row in rows] == ["ok", "error", "ok"]
    assert "1 of 3 events returned without labels (loglm_status=error)" in warnings(metadata)[0]


def test_sidecar_killed_during_a_search_and_restarted(serve, app_at, search):
    sidecar = serve().ready()
    app = app_at(sidecar.port, token=sidecar.token)
    command = search(app)
    command.getinfo()
    _, rows = command.execute(rows_of("a", "b"), finished=False)
    assert [row["loglm_status"] for row in rows] == ["ok", "ok"]
    sidecar.stop(signal.SIGKILL)
    metadata, rows = command.execute(rows_of("c"))
    assert rows[0]["loglm_status"] == "unavailable"
    assert "1 of 3 events returned without labels" in warnings(metadata)[0]
    serve("--port", str(sidecar.port), "--token-file", str(sidecar.token_file)).ready()
    two = search(app)
    two.getinfo()
    metadata, rows = two.execute(rows_of("c"))
    assert (rows[0]["loglm_status"], warnings(metadata)) == ("ok", [])


def test_stopped_sidecar_answers_its_requests(serve, app_at, search):
    sidecar = serve().ready()
    command = search(app_at(sidecar.port, token=sidecar.token))
    command.getinfo()
    command.execute(rows_of("a"), finished=False)
    assert sidecar.stop() == 0
    metadata, rows = command.execute(rows_of("b"))
    assert rows[0]["loglm_status"] == "unavailable"
    assert "1 of 2 events" in warnings(metadata)[0]
    assert command.end() == 0


def flow_rows(count):
    """Yield flows of two address pairs, the last one first; the model scores them in the context of the others."""
    for i in reversed(range(count)):
        fields = {
            "src_ip": "10.0.0.5", "src_port": 50_000 + i, "dest_ip": f"203.0.113.{i % 2}", "dest_port": 20 + i % 7,
            "flow_dur": i / 9, "fwd_bytes": 90 * i, "bwd_bytes": 70, "total_fwd_pkts": 2, "total_bwd_pkts": i % 3,
        }  # fmt: skip
        raw = json.dumps(fields)
        yield {"_raw": raw, "_time": f"{1_700_000_000 + i}", "dest_ip": fields["dest_ip"], "sourcetype": "netflow:json"}


def test_flows_are_scored_with_flows_of_earlier_chunks(tmp_path, app_at, search):
    shipped = default_folder()
    labeller, rows_sent, context, scores = Labeller.load(shipped), list(flow_rows(100)), [], []
    sidecar = Process(tmp_path, "--model", str(shipped), module="tests.sidecar.real").ready(60)
    try:
        command = search(app_at(sidecar.port, token=sidecar.token, sidecar="batch_events = 4"))
        command.getinfo("by=dest_ip")
        for start in range(0, 100, 20):
            chunk = rows_sent[start : start + 20]
            _, rows = command.execute(chunk, finished=start == 80)
            events = [event_of(row, "_raw", ("dest_ip",)) for row in chunk]
            expected = labeller.label([*context, *events], Options(sequence=True))[-20:]
            assert [float(row["loglm_score"]) for row in rows] == [verdict.score for verdict in expected]
            scores += [verdict.score for verdict in expected]
            runs = [[e for e in (*context, *events) if e.entity == entity] for entity in {e.entity for e in events}]
            context = [event for run in runs for event in run[-MAX_STATE_EVENTS:]]
    finally:
        sidecar.close()
    independent = labeller.label([event_of(row, "_raw") for row in rows_sent], Options())
    assert sum(verdict.score != score for verdict, score in zip(independent, scores, strict=True)) > 50
