"""Fixtures of the alert action's tests."""

import gzip
import json

import pytest

from tests.splunk.alert.alert_process import execute
from tests.splunk.fake_splunkd_rest import HEC_TOKEN, SESSION
from tests.splunk.sidecar_process import TOKEN
from tests.splunk.splunkd import encode_rows


@pytest.fixture
def run(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    """Return a function that runs the action on rows; keyword arguments are its param.* settings."""

    def run_action(
        rows,
        *,
        port=fake_sidecar.port,
        damage=None,
        labels="",
        hec="",
        first=None,
        session=SESSION,
        owner="admin",
        retry=2,
        token=TOKEN,
        payload=lambda data: data,
        **params,
    ):
        hec += f"\n[delivery]\nretry_seconds = {retry}\n"
        app = write_back_app(port, labels=labels + hec, sidecar="batch_events = 50", token=token)
        results = tmp_path / "results.csv.gz"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        data = gzip.compress(encode_rows(rows, columns) if rows is not None else b"")
        results.write_bytes(damage(data) if damage else data)
        alert = {
            "app": "search",
            "owner": owner,
            "results_file": str(results),
            "server_uri": splunkd.uri,
            "session_key": session,
            "sid": "scheduler__admin__1",
            "search_name": "Suspicious processes",
            "configuration": params,
            "result": first or {},
        }
        return execute(app, splunk_env, payload(json.dumps(alert).encode()))

    return run_action


@pytest.fixture
def hec(splunkd):
    """Settings that deliver to the fake event collector."""
    splunkd.passwords["loglm_bridge:hec:"] = HEC_TOKEN
    return {"hec": f"\n[hec]\nurl = {splunkd.uri}\n", "delivery": "hec"}
