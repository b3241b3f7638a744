"""The packaged search command on Splunk's Pythons, 3.9 and 3.13, with the package's libraries only."""

import sys

import pytest

from tests.app.conftest import app, package  # noqa: F401 - fixtures
from tests.contract.interpreters import interpreters
from tests.splunk.sample_rows import rows_of
from tests.splunk.sidecar_process import TOKEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="the package is built with 3.11 or newer"),
]

PYTHONS = list(dict.fromkeys([sys.executable, *interpreters()]))


@pytest.fixture
def packaged(app, fake_sidecar):  # noqa: F811
    """The unpacked package, configured for the fake sidecar."""
    local = app / "local"
    local.mkdir(exist_ok=True)
    (local / "token").write_text(TOKEN)
    conf = f"[sidecar]\nurl = http://127.0.0.1:{fake_sidecar.port}\ntoken_file = local/token\nbatch_events = 2048\n"
    (local / "loglm.conf").write_text(conf)
    return app


@pytest.fixture
def bare_env(splunk_env):
    """An environment without another package folder."""
    del splunk_env["PYTHONPATH"]
    return splunk_env


@pytest.mark.parametrize("python", PYTHONS)
def test_command_labels_rows(python, packaged, bare_env, search):
    command = search(packaged, python)
    command.getinfo("output=all", "explain=t")
    _, rows = command.execute(rows_of("mimikatz", "", "é\u202e中"))
    assert [row["loglm_status"] for row in rows] == ["ok", "empty", "ok"]
    assert rows[0]["loglm_verdict"] == "malicious"
    assert command.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_command_returns_rows_after_a_fault(python, packaged, bare_env, search, fake_sidecar):
    fake_sidecar.fault("fewer")
    command = search(packaged, python)
    command.getinfo()
    metadata, rows = command.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["unavailable", "unavailable"]
    assert "the answer does not match the request (2 events sent, 1 results received)" in str(metadata)
    assert command.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("args", [(), ("by=host",)])
def test_rows_keep_their_order_with_two_addresses(args, python, packaged, bare_env, search, fake_sidecar):
    conf = packaged / "local/loglm.conf"
    text = conf.read_text().replace("batch_events = 2048", "batch_events = 50")
    conf.write_text(
        text.replace(f":{fake_sidecar.port}", f":{fake_sidecar.port}, http://localhost:{fake_sidecar.port}")
    )
    command = search(packaged, python)
    command.getinfo(*args)
    texts = ["mimikatz" if i % 3 else f'row {i}, "é"\n中' for i in range(1_000)]
    for finished in (False, True):
        _, rows = command.execute(rows_of(*texts), finished=finished)
        assert [row["_raw"] for row in rows] == texts
        assert [row["loglm_verdict"] for row in rows] == ["malicious" if i % 3 else "benign" for i in range(1_000)]
    assert command.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_nul_is_accepted(python, packaged, bare_env, search):
    """The csv module of Python 3.9 and 3.10 refuses NUL."""
    command = search(packaged, python)
    command.getinfo()
    _, rows = command.execute_raw(b"_raw\nmimi\x00katz\n")
    assert rows[0]["_raw"] == "mimi\u2400katz"
    assert command.end() == 0
