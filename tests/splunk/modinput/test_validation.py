"""Validation of an input that is created or edited."""

import time
import xml.etree.ElementTree as ET

import pytest

from tests.splunk.modinput.input_process import finish, start, validation


@pytest.fixture
def check(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    """Return a function that validates an input and returns the result and the seconds it took."""

    def validate(uri=splunkd.uri, port=fake_sidecar.port, **params):
        text = validation(uri, tmp_path / "positions", {"search": "index=main", **params})
        process = start(write_back_app(port), splunk_env, "--validate-arguments")
        started = time.monotonic()
        return finish(process, text), time.monotonic() - started

    return validate


def test_valid_input_is_accepted(check, fake_sidecar):
    result, seconds = check(threshold="0.9", lag="60")
    assert (result.code, result.stdout, result.lines) == (0, "", [])
    assert seconds < 15


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"search": ""}, "search is missing"),
        ({"search": "index=main ("}, "Unbalanced parentheses"),
        ({"search": "index=main |"}, "without a pipe at its end"),
        ({"search": "index=main _index_earliest=-1h"}, "without _index_earliest="),
        ({"threshold": "1e999"}, "threshold must be a number from 0 to 1"),
        ({"threshold": "ł\u202e"}, 'threshold must be a number from 0 to 1, got "ł\\u202e"'),
        ({"lag": "-5"}, "lag must be a whole number"),
        ({"window": "0"}, "window must be a whole number from 1"),
        ({"target_index": "a b"}, "the name of an index"),
        ({"severity": "<script>"}, "severity must be one of"),
    ],
)
def test_invalid_input_is_refused_with_a_reason(check, params, message):
    result, seconds = check(**params)
    assert result.code == 1
    assert message in ET.fromstring(result.stdout).findtext("message")
    assert seconds < 15


def test_sidecar_that_is_down_is_a_warning(check):
    result, seconds = check(port=1)
    assert (result.code, result.stdout) == (0, "")
    assert any("WARN" in line and "not reachable" in line for line in result.lines)
    assert seconds < 15


def test_member_of_a_cluster_is_refused(check, splunkd):
    splunkd.roles = ["search_head", "shc_member"]
    result, _ = check()
    assert result.code == 1
    assert "search head cluster" in ET.fromstring(result.stdout).findtext("message")


def test_bounds_of_time_are_refused(check):
    result, _ = check(search="index=main earliest=-15m")
    assert result.code == 1
    assert "without earliest=" in ET.fromstring(result.stdout).findtext("message")


def test_missing_index_is_a_warning(check):
    result, _ = check(target_index="elsewhere")
    assert (result.code, result.stdout) == (0, "")
    assert any(line.startswith("WARN") and "no index elsewhere here" in line for line in result.lines)


def test_validation_does_not_wait_for_slow_calls(check, splunkd, fake_sidecar):
    fake_sidecar.fault("mute", times=1)
    splunkd.faults["parse"] = ["slow"]
    result, seconds = check()
    assert result.code == 0
    assert len(result.lines) == 2
    assert seconds < 15
