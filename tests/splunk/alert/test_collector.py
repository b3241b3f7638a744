"""Answers of the event collector: what is accepted, what is tried again, what is said; acknowledgements."""

import gzip
import json
import time

import pytest

from tests.splunk.alert.alert_process import attack, values


def numbers(splunkd):
    """Return orig_rid of the events that were collected."""
    return sorted(int(values(item["event"], "orig_rid")[0]) for item in splunkd.collected)


@pytest.mark.parametrize("code", [24, 25])
def test_warning_of_a_full_queue_means_accepted(run, splunkd, hec, code):
    splunkd.faults["hec"] = [(200, json.dumps({"text": "queue approaching capacity", "code": code}))]
    result = run([attack(i) for i in range(3)], **hec)
    assert (result.code, splunkd.hec_requests) == (0, 1)
    assert "3 notable and 0 risk events written" in result.lines[0]
    assert any(line.startswith("WARN") and f"(code {code})" in line for line in result.lines)


@pytest.mark.parametrize(
    "fault",
    [
        (429, '{"text":"HEC queue at capacity","code":26}'),
        (503, '{"text":"Server is shutting down","code":23}'),
        (503, '{"text":"HEC is unhealthy, queues are full","code":18}'),
        (429, "Too many requests"),
        (429, "", {"Retry-After": "1"}),
        (408, ""),
        (503, "<html>"),
        (502, b"\xff"),
        (500, '{"code":"x"}'),
    ],
)
def test_busy_collector_is_asked_again(run, splunkd, hec, fault):
    splunkd.faults["hec"] = [fault, fault]
    started = time.monotonic()
    result = run([attack(i) for i in range(3)], retry=20, **hec)
    assert (result.code, splunkd.hec_requests, numbers(splunkd)) == (0, 3, [0, 1, 2])
    assert time.monotonic() - started > 1.4


@pytest.mark.parametrize("limit", [1, 7, 60])
def test_request_that_is_too_large_is_halved(run, splunkd, hec, limit):
    splunkd.hec_max_events = limit
    result = run([attack(i) for i in range(120)], **hec)
    assert (result.code, numbers(splunkd)) == (0, list(range(120)))
    assert max(splunkd.hec_sizes[-3:]) <= limit


def test_single_event_that_is_too_large_is_skipped_and_counted(run, splunkd, hec):
    splunkd.hec_max_events = 0
    result = run([attack(1)], **hec)
    assert (result.code, splunkd.collected) == (1, [])
    assert any("1 events refused by Splunk as invalid and skipped" in line for line in result.lines)


def test_invalid_event_without_a_number_is_found(run, splunkd, hec):
    refused = (400, '{"text":"Event field cannot be blank","code":13}')
    splunkd.faults["hec"] = [refused, refused, refused]
    assert run([attack(i) for i in range(4)], **hec).code == 1
    assert numbers(splunkd) == [1, 2, 3]


def test_retries_are_bounded_and_the_reason_is_true(run, splunkd, hec):
    splunkd.faults["hec"] = ["busy"] * 99
    started = time.monotonic()
    result = run([attack(i) for i in range(700)], retry=3, **hec)
    assert time.monotonic() - started < 15
    assert result.code == 1
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "Server is busy (code 9)" in line
    assert "0 notable and 0 risk events were written; 500 are kept and delivered by the next run" in line
    assert not any("credentials" in line for line in result.lines)
    assert "WARN LogLM alert Suspicious processes: 200 rows skipped (max_rows=500)" in result.lines


def test_wrong_token_is_named_as_the_reason(run, splunkd, hec):
    splunkd.passwords["loglm_bridge:hec:"] = "another-token"
    result = run([attack(1)], **hec)
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "Correct the collector's token" in line
    assert splunkd.hec_requests == 1


def test_wrong_index_blocks_no_other_index(run, splunkd, hec):
    splunkd.faults["hec"] = [None, "wrong index"]
    result = run([attack(i) for i in range(60)], risk="1", **hec)
    assert result.code == 1
    assert "60 notable and 0 risk events written" in result.lines[0]
    (line,) = [line for line in result.lines if line.startswith("ERROR")]
    assert "[index risk]" in line
    assert "60 are kept" in line


def test_token_that_wants_acknowledgements_gets_a_channel(run, splunkd, hec):
    splunkd.hec_acknowledges = True
    result = run([attack(i) for i in range(3)], **hec)
    assert (result.code, numbers(splunkd)) == (0, [0, 1, 2])
    assert len(splunkd.hec_headers[-1]["X-Splunk-Request-Channel"]) == 36


def test_events_that_are_not_acknowledged_are_kept(run, splunkd, hec):
    splunkd.hec_acknowledges = False
    result = run([attack(1)], **hec)
    assert result.code == 1
    assert any("did not acknowledge" in line and "1 are kept" in line for line in result.lines)
    splunkd.hec_acknowledges = True
    assert run([], **hec).code == 0
    assert len({values(item["event"], "loglm_event_key")[0] for item in splunkd.collected}) == 1


def test_compressed_answer_is_not_decompressed(run, splunkd, hec):
    bomb = gzip.compress(b'{"text":"Success","code":0}' + b" " * 300_000_000)
    splunkd.faults["hec"] = [(200, bomb, {"Content-Encoding": "gzip"})]
    result = run([attack(1)], retry=0, **hec)
    assert result.code == 1
    assert any("refused the events: HTTP 200" in line for line in result.lines)


def test_redirect_and_proxy_get_no_token(run, splunkd, hec, splunk_env):
    splunk_env.update(HTTP_PROXY="http://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9")
    splunkd.faults["hec"] = [(302, "", {"Location": f"{splunkd.uri.replace('127.0.0.1', 'localhost')}/elsewhere"})]
    result = run([attack(1)], retry=0, **hec)
    assert (result.code, splunkd.hec_requests) == (1, 1)
    assert any("HTTP 302" in line for line in result.lines)


def test_given_answers(shared, run, splunkd, hec):
    path = shared / "faults/splunk/06_hec_replies.json"
    if not path.is_file():
        pytest.skip("../shared/faults is absent")
    for case in json.loads(path.read_text()):
        body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
        splunkd.faults["hec"] = [(case["http"], body)]
        splunkd.collected, splunkd.hec_requests = [], 0
        result = run([attack(i) for i in range(4)], retry=10, **hec)
        assert result.code == 0, case
        assert "4 notable and 0 risk events written" in result.lines[0]
        assert numbers(splunkd) == ([] if case["taken"] else [0, 1, 2, 3]), case
        assert splunkd.hec_requests == 1 if case["taken"] else splunkd.hec_requests >= 2
