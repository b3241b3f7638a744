"""Fixtures of the modular input's tests."""

import time

import pytest

from tests.splunk.modinput.input_process import definition, finish, start
from tests.splunk.sidecar_process import TOKEN


@pytest.fixture
def now():
    """The current time in epoch seconds."""
    return int(time.time())


@pytest.fixture
def run(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    """Return a function that runs the input once; keyword arguments are settings of its stanza."""

    def run_once(*, port=fake_sidecar.port, session=None, token=TOKEN, batch=128, name="loglm_input://test", **params):
        app = write_back_app(port, token=token, sidecar=f"batch_events = {batch}")
        stanza = {"search": "index=main", "lag": 10, "window": 100, "lookback": 1000, **params}
        session_argument = {} if session is None else {"session": session}
        text = definition(splunkd.uri, tmp_path / "positions", stanza, name=name, **session_argument)
        return finish(start(app, splunk_env), text)

    return run_once
