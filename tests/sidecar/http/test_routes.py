"""The routes over a real process: their answers, and that no body makes them answer 500."""

import json
import socket
import struct
import threading
import time

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.errors import BY_CODE
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import API_VERSION, MAX_BATCH_EVENTS, SERVICE
from loglm_bridge.contract.reply import read_reply, write_reply
from loglm_bridge.contract.wire import Options, write_request
from loglm_bridge.sidecar.http.routes import INSPECTION_SECONDS, MAX_INSPECTED
from tests.contract.strategies import JSON
from tests.sidecar.process import wait_until

NEARLY_REQUESTS = st.fixed_dictionaries(
    {"events": st.lists(st.dictionaries(st.sampled_from(Event._fields), JSON) | JSON, max_size=4)},
    optional={"options": st.dictionaries(st.sampled_from(("top", "embedding", "explain", "sequence")), JSON) | JSON},
)


def test_a_batch_is_answered_in_the_form_of_the_contract(sidecar):
    answer = sidecar.ask("/v1/label", {"events": [{"raw": "a"}, {"raw": ""}, {"raw": "\ud800"}]})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    reply = read_reply(answer.content, 3)
    assert [v.status for v in reply.verdicts] == ["ok", "empty", "ok"]
    assert reply.model.name == "double"
    assert write_reply(reply) == answer.content
    assert len(reply.verdicts[0].techniques) == 2
    assert reply.verdicts[0].embedding is None


def test_options_reach_the_model(sidecar):
    (result,) = sidecar.label("a", top=1, embedding=True)
    assert len(result["techniques"]) == 1
    assert len(result["embedding"]) == 32


def test_embed_answers_as_label_with_embedding(sidecar):
    labelled = sidecar.label("a", "", "b", embedding=True)
    assert sidecar.label("a", "", "b", path="/v1/embed") == labelled
    assert sidecar.label("a", "", "b", path="/v1/embed", embedding=False) == labelled
    assert [r["embedding"] is None for r in labelled] == [False, True, False]


def test_inspect_answers_how_each_event_is_read(sidecar):
    answer = sidecar.ask("/v1/inspect", {"events": [{"raw": "a"}, {"raw": ""}]})
    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == ["ok", "empty"]
    assert answer.json()["model"]["name"] == "double"


def test_too_many_events_are_not_inspected(sidecar):
    answer = sidecar.ask("/v1/inspect", {"events": [{"raw": "a"}] * (MAX_INSPECTED + 1)})
    assert (answer.status_code, answer.json()["error"]["where"]) == (413, "/events")


def test_an_event_that_cannot_be_read_in_time_is_an_error(sidecar):
    answer = sidecar.ask("/v1/inspect", {"events": [{"raw": f"SLOW {INSPECTION_SECONDS + 2}"}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "overloaded")


def test_an_empty_batch_is_answered(sidecar):
    assert sidecar.label() == []


def test_the_same_event_gets_the_same_bytes_in_any_batch(sidecar):
    raws = [f"event {i % 40}" for i in range(500)]
    alone = {raw: json.dumps(sidecar.label(raw)) for raw in set(raws)}
    for batch in (raws, raws[::-1], raws[:3]):
        assert [json.dumps([r]) for r in sidecar.label(*batch)] == [alone[raw] for raw in batch]


def test_a_full_batch_is_accepted_and_one_more_event_is_not(sidecar):
    events = [{"raw": str(i)} for i in range(MAX_BATCH_EVENTS + 1)]
    assert sidecar.ask("/v1/label", {"events": events[1:]}).status_code == 200
    answer = sidecar.ask("/v1/label", {"events": events})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_health_names_the_service_without_a_token(sidecar):
    for path, key in (("/health/live", "live"), ("/health/ready", "ready")):
        data = sidecar.session.get(sidecar.url + path, timeout=5).json()
        assert (data["service"], data["api"], data[key]) == (SERVICE, API_VERSION, True)


def test_the_model_is_described(sidecar):
    assert sidecar.ask("/v1/model").json()["name"] == "double"


def test_metrics_are_in_the_prometheus_format(sidecar):
    answer = sidecar.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert sidecar.metrics()["loglm_ready"] == 1


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/", "not_found"),
        ("GET", "/v1/label", "method_not_allowed"),
        ("POST", "/v1/model", "method_not_allowed"),
        ("DELETE", "/v1/label", "method_not_allowed"),
        ("OPTIONS", "/v1/label", "method_not_allowed"),
        ("POST", "/v1/label/", "not_found"),
        ("POST", "/v1/nothing", "not_found"),
        ("POST", "/v2/label", "version_mismatch"),
        ("GET", "/v0/model", "version_mismatch"),
        ("GET", "/v99999999999999/model", "not_found"),
        ("GET", "/..%2f..%2fetc/passwd", "not_found"),
        ("GET", "/%ff%00", "not_found"),
        ("GET", "/docs", "not_found"),
    ],
)
def test_unknown_paths_and_methods_are_refused(sidecar, method, path, code):
    answer = sidecar.session.request(
        method, sidecar.url + path, headers={"Authorization": f"Bearer {sidecar.token}"}, data=b"", timeout=5
    )
    assert answer.json()["error"]["code"] == code
    assert answer.status_code == BY_CODE[code].status


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"", 400, ""),
        (b"[" * 100_000, 400, ""),
        (b'{"events":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, ""),
        (b'{"events":[{"raw":"a","time":NaN}]}', 400, "/events/0/time"),
        (b'{"events":[{"raw":"a","time":' + b"1" * 5000 + b"}]}", 400, "/events/0/time"),
        (b'{"events":[{"raw":"a","raw":"b"}]}', 400, "/events/0"),
        (b'{"events":[{"raw":"a"},{"raw":5}]}', 422, "/events/1/raw"),
        (b'{"events":[],"options":{"top":11}}', 400, "/options/top"),
        (b"\xff\xfe{}", 400, ""),
    ],
)
def test_malformed_bodies_are_refused_with_a_code_and_a_pointer(sidecar, body, status, where):
    answer = sidecar.ask("/v1/label", body)
    assert answer.status_code == status
    assert answer.json()["error"]["where"] == where


@pytest.mark.parametrize("path", ["/v1/label", "/v1/embed"])
def test_no_body_makes_it_answer_500(sidecar, path):
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(max_size=60) | (JSON | NEARLY_REQUESTS).map(lambda data: json.dumps(data).encode()))
    def send(body):
        answer = sidecar.ask(path, body)
        assert answer.status_code in (200, 400, 413, 422), answer.text
        if answer.status_code == 200:
            read_reply(answer.content, len(json.loads(body)["events"]))
        else:
            assert set(answer.json()["error"]) == {"code", "message", "where"}

    send()


def test_a_large_body_does_not_block_other_requests(sidecar):
    body = json.dumps({"events": [{"raw": "x" * 60}] * 2_000, "padding": [0] * 2_000_000}).encode()
    large = threading.Thread(target=lambda: sidecar.session.post(sidecar.url + "/v1/label", data=body, timeout=60))
    waits = []
    large.start()
    with requests.Session() as session:
        while large.is_alive() or not waits:
            started = time.monotonic()
            assert session.get(sidecar.url + "/health/live", timeout=5).status_code == 200
            waits.append(time.monotonic() - started)
            time.sleep(0.005)
    assert max(waits) < 5


def test_work_of_a_disconnected_client_is_cancelled(sidecar):
    body = json.dumps({"events": [{"raw": f"SLOW 0.5 {i}"} for i in range(4)]}).encode()
    head = f"POST /v1/label HTTP/1.1\r\nHost: 127.0.0.1:{sidecar.port}\r\nAuthorization: Bearer {sidecar.token}\r\n"
    with sidecar.connect() as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        sidecar.wait_for_queue(4)
        # a reset: a client that only ends its sending may still read, and gets its answer
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: sidecar.metrics()['loglm_requests_total{outcome="gone"}'] == 1)
    metrics = sidecar.metrics()
    assert metrics['loglm_events_total{outcome="gone"}'] == 4
    assert metrics["loglm_queue_events"] == 0


def test_a_body_written_by_the_contract_is_accepted(sidecar):
    body = write_request([Event("a", "st", "src", "h", 1.5, "e")], Options(top=2))
    assert sidecar.ask("/v1/label", body).status_code == 200


def test_entity_state_is_returned_and_continued(sidecar):
    body = {"events": [{"raw": "a", "entity": "e"}, {"raw": "b", "entity": "f"}], "options": {"sequence": True}}
    first = sidecar.ask("/v1/label", {**body, "past": {}}).json()
    assert first["past"] == {"e": "<a>", "f": "<b>"}
    second = sidecar.ask("/v1/label", {**body, "past": first["past"]}).json()
    assert second["past"] == {"e": "<a><a>", "f": "<b><b>"}
    assert second["results"] == first["results"]
    assert "past" not in sidecar.ask("/v1/label", body).json()


def test_an_invalid_entity_state_is_a_client_error(sidecar):
    events = [{"raw": f"{i}", "entity": "e"} for i in range(20)]
    before = sidecar.metrics()["loglm_inference_failed_total"]
    answer = sidecar.ask("/v1/label", {"events": events, "options": {"sequence": True}, "past": {"e": "NONE"}})
    assert (answer.status_code, answer.json()["error"]["where"]) == (400, "/past")
    assert sidecar.metrics()["loglm_inference_failed_total"] == before
