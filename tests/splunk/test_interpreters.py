"""The packaged app on the Pythons that Splunk brings: 3.9 and 3.13, with nothing but what the package holds."""

import sys

import pytest

from tests.app.conftest import app, package  # noqa: F401 - fixtures
from tests.contract.interpreters import interpreters
from tests.splunk.conftest import TOKEN
from tests.splunk.search.test_command import rows_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="the package is built with 3.11 or newer"),
]

PYTHONS = list(dict.fromkeys([sys.executable, *interpreters()]))


@pytest.fixture
def packaged(app, standin):  # noqa: F811
    """The unpacked package, pointed at the stand-in."""
    local = app / "local"
    local.mkdir(exist_ok=True)
    (local / "token").write_text(TOKEN)
    conf = f"[sidecar]\nurl = http://127.0.0.1:{standin.port}\ntoken_file = local/token\nbatch_events = 2048\n"
    (local / "loglm.conf").write_text(conf)
    return app


@pytest.fixture
def bare_env(splunk_env):
    """An environment that knows no other package folder."""
    del splunk_env["PYTHONPATH"]
    return splunk_env


@pytest.mark.parametrize("python", PYTHONS)
def test_the_command_labels(python, packaged, bare_env, search):
    one = search(packaged, python)
    one.getinfo("output=all", "explain=t")
    _, rows = one.execute(rows_of("mimikatz", "", "é\u202e中"))
    assert [row["loglm_status"] for row in rows] == ["ok", "empty", "ok"]
    assert rows[0]["loglm_verdict"] == "malicious"
    assert one.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_the_command_survives_a_fault(python, packaged, bare_env, search, standin):
    standin.fault("fewer")
    one = search(packaged, python)
    one.getinfo()
    metadata, rows = one.execute(rows_of("a", "b"))
    assert [row["loglm_status"] for row in rows] == ["unavailable", "unavailable"]
    assert "the answer does not match the request (2 events sent, 1 results received)" in str(metadata)
    assert one.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("args", [(), ("by=host",)])
def test_many_requests_to_two_addresses_come_back_in_order(args, python, packaged, bare_env, search, standin):
    conf = packaged / "local/loglm.conf"
    text = conf.read_text().replace("batch_events = 2048", "batch_events = 50")
    conf.write_text(text.replace(f":{standin.port}", f":{standin.port}, http://localhost:{standin.port}"))
    one = search(packaged, python)
    one.getinfo(*args)
    texts = ["mimikatz" if i % 3 else f'row {i}, "é"\n中' for i in range(1_000)]
    for finished in (False, True):
        _, rows = one.execute(rows_of(*texts), finished=finished)
        assert [row["_raw"] for row in rows] == texts
        assert [row["loglm_verdict"] for row in rows] == ["malicious" if i % 3 else "benign" for i in range(1_000)]
    assert one.end() == 0


@pytest.mark.parametrize("python", PYTHONS)
def test_a_nul_passes(python, packaged, bare_env, search):
    """The csv module of 3.9 and 3.10 refuses it."""
    one = search(packaged, python)
    one.getinfo()
    _, rows = one.execute_raw(b"_raw\nmimi\x00katz\n")
    assert rows[0]["_raw"] == "mimi\u2400katz"
    assert one.end() == 0
