"""The payload of the alert action, and its settings with their defaults in the conf file."""

import configparser
import csv
import gzip
import io
import json
from dataclasses import fields

import pytest

from loglm_bridge.splunk.alert.payload import PARSERS, AlertOptions
from tests.splunk.alert.alert_process import attack, execute, values
from tests.splunk.fake_splunkd_rest import SESSION


@pytest.fixture
def params(root):
    """The action's param.* settings of default/alert_actions.conf."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.optionxform = str
    conf.read(root / "default/alert_actions.conf")
    return {k[len("param.") :]: v for k, v in conf["loglm_notable"].items() if k.startswith("param.")}


def test_defaults_equal_those_of_the_conf_file(params):
    params.pop("_cam")
    assert list(params) == list(PARSERS) == [field.name for field in fields(AlertOptions)]
    assert AlertOptions.read(params) == AlertOptions()


def test_adaptive_response_is_json(params):
    cam = json.loads(params["_cam"])
    assert {"category", "task", "subject", "technology", "supports_adhoc"} <= set(cam)


def test_settings_are_parsed():
    options = AlertOptions.read({"threshold": "0.5", "risk": "yes", "risk_objects": "user, vm:system", "max_rows": "7"})
    assert (options.threshold, options.risk, options.max_rows) == (0.5, True, 7)
    assert options.risk_objects == ("user", "vm:system")


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"search_name":"x"}', "no results_file"),
        (b"[" * 200_000, "not JSON"),
    ],
)
def test_invalid_payload_is_refused(write_back_app, fake_sidecar, splunk_env, payload, message):
    result = execute(write_back_app(fake_sidecar.port), splunk_env, payload)
    assert result.code == 1
    assert message in result.lines[0]


@pytest.mark.parametrize(
    "first",
    [
        b'{"user": "caf\xe9"}',
        b'{"user": "a\tb\x01\x00c"}',
        b'{"user": "line\nbreak"}',
        b'{"user": "C:\\path\\x"}',
        b'{"user": "unescaped " quote", "x": ["',
        b'{"user": "\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_first_row_never_hides_the_results(run, splunkd, first):
    def payload(data):
        return data.replace(b'"result": {}', b'"result": ' + first)

    result = run([attack(i) for i in range(10)], payload=payload)
    assert (result.code, len(splunkd.received)) == (0, 10)


def test_given_files(shared, run, splunkd, write_back_app, fake_sidecar, splunk_env):
    folder = shared / "faults/splunk"
    if not folder.is_dir():
        pytest.skip("../shared/faults is absent")
    given = (folder / "08_payload_bad_utf8.json").read_bytes().replace(b"https://127.0.0.1:8089", splunkd.uri.encode())
    given = given.replace(b"session-key-of-the-standin", SESSION.encode())
    run([attack(i) for i in range(10)])
    splunkd.received.clear()
    app = write_back_app(fake_sidecar.port)
    results = next(app.parent.glob("results.csv.gz"))
    assert execute(app, splunk_env, given.replace(b"RESULTS", str(results).encode())).code == 0
    assert len(splunkd.received) == 10

    run([], damage=lambda _: (folder / "12_long_raw.csv.gz").read_bytes(), threshold="0")
    (_, text) = splunkd.received[-1]
    assert all(f', {name}="' in text[:10_240] for name in ("user", "src", "dest", "process"))
    assert text.rindex(', orig_raw="') > text.rindex(', process="')

    splunkd.received.clear()
    run([], damage=lambda _: (folder / "09_results_nul.csv.gz").read_bytes(), threshold="0")
    assert len(splunkd.received) == 10


def test_recorded_payload_is_read(shared, splunkd, write_back_app, fake_sidecar, splunk_env, tmp_path):
    path = shared / "recordings/alert-payload/per_result.json"
    if not path.is_file():
        pytest.skip("recordings/alert-payload is absent")
    payload = json.loads(path.read_text())
    text = io.StringIO()
    row = {k: v for k, v in payload["result"].items() if not isinstance(v, list)} | {"_raw": "mimikatz"}
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    (tmp_path / "tmp_0.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    payload.update(results_file=str(tmp_path / "tmp_0.csv.gz"), server_uri=splunkd.uri, session_key=SESSION)
    result = execute(write_back_app(fake_sidecar.port), splunk_env, json.dumps(payload).encode())
    assert result.code == 0
    ((query, sent),) = splunkd.received
    assert query["source"] == payload["search_name"]
    assert values(sent, "orig_time") == ["1581119932.000"]


@pytest.mark.parametrize("name", ["threshold", "onerror", "max_rows", "delivery", "target_index", "risk_objects"])
def test_invalid_setting_is_named(run, splunkd, name):
    result = run([attack(1)], **{name: "evil:value | delete"})
    assert (result.code, splunkd.received) == (1, [])
    assert f"{name} must be" in result.lines[0]
