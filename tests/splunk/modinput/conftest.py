"""Fixtures of the modular input's tests."""

import time

import pytest

from tests.splunk.modinput.input_process import definition, finish, start
from tests.splunk.sidecar_process import TOKEN


@pytest.fixture
def now():
    return int(time.time())


@pytest.fixture
def run(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    """Run the input once over all that is settled; keyword arguments are settings of its stanza."""

    def go(*, port=fake_sidecar.port, session=None, token=TOKEN, batch=128, name="loglm_input://test", **params):
        app = write_back_app(port, token=token, sidecar=f"batch_events = {batch}")
        stanza = {"search": "index=main", "lag": 10, "window": 100, "lookback": 1000, **params}
        more = {} if session is None else {"session": session}
        text = definition(splunkd.uri, tmp_path / "positions", stanza, name=name, **more)
        return finish(start(app, splunk_env), text)

    return go
