"""The sidecar with the shipped model: ready, deterministic over HTTP, and only with an unchanged model folder."""

import json
import random
import shutil

import pytest

from loglm_bridge.model import default_folder
from tests.sidecar.process import Process, check_counters


def texts() -> list[str]:
    """Return 500 invented events of a dozen formats, some of them equal, some of them malformed."""
    draw = random.Random(11)
    users, hosts = ("ada", "SYSTEM", "svc_backup", "root"), ("ws-17", "dc01", "web3")
    templates = (
        lambda u, h, n: f"powershell.exe -nop -w hidden -enc {'QQ' * (n % 30)} user={u} host={h}",
        lambda u, h, n: json.dumps({"EventID": 4688, "NewProcessName": "C:\\Windows\\System32\\cmd.exe", "User": u}),
        lambda u, h, n: f"<34>Oct 11 22:14:{n % 60:02d} {h} sshd[{n}]: Failed password for {u} from 192.0.2.{n % 250}",
        lambda u, h, n: f'type=EXECVE msg=audit(1700000000.{n % 999:03d}:{n}): argc=2 a0="curl" a1="http://x/{n % 7}"',
        lambda u, h, n: f"CEF:0|V|P|1|{n % 9}|name|5|src=192.0.2.{n % 250} suser={u} act=blocked",
        lambda u, h, n: json.dumps({"eventName": "ListBuckets", "userIdentity": {"userName": u}, "n": [{}] * (n % 4)}),
        lambda u, h, n: f'192.0.2.9 - {u} [10/Oct/2024:13:55:36 +0000] "GET /a?b={n % 5} HTTP/1.1" 200 {n}',
        lambda u, h, n: f"<Event><System><EventID>{n % 30}</EventID><Computer>{h}</Computer></System></Event>",
        lambda u, h, n: f"{{broken json {n % 3}",
        lambda u, h, n: "\x00\ud800é" * (n % 5),
        lambda u, h, n: "x" * (n * 300),
        lambda u, h, n: "",
    )
    return [templates[n % len(templates)](draw.choice(users), draw.choice(hosts), n) for n in range(500)]


@pytest.fixture(scope="module")
def shipped():
    return default_folder()


@pytest.fixture(scope="module")
def real(tmp_path_factory, shipped):
    """A sidecar with the shipped model."""
    process = Process(tmp_path_factory.mktemp("real"), "--model", str(shipped), module="tests.sidecar.real").ready(60)
    yield process
    check_counters(process.metrics())
    assert process.stop() == 0
    process.close()


def results(sidecar, events, path="/v1/label", **options):
    """Return the JSON of each result."""
    answer = sidecar.ask(path, {"events": events, "options": options})
    assert answer.status_code == 200, answer.text
    data = answer.json()["results"]
    assert len(data) == len(events)
    return [json.dumps(result) for result in data]


@pytest.mark.parametrize("options", [{}, {"top": 10, "embedding": True}])
def test_the_same_event_gets_the_same_bytes_alone_in_a_batch_and_in_any_order(real, options):
    events = [{"raw": raw} for raw in texts()]
    batch = results(real, events, **options)
    order = random.Random(5).sample(range(len(events)), len(events))
    shuffled = results(real, [events[i] for i in order], **options)
    assert [shuffled[order.index(i)] for i in range(len(events))] == batch
    for i in range(0, len(events), 9):
        assert results(real, [events[i]], **options) == [batch[i]]


def test_another_process_with_other_threads_gives_the_same_bytes(real, shipped, tmp_path):
    events = [{"raw": raw} for raw in texts()[:120]]
    flags = ("--model", str(shipped), "--threads", "2", "--workers", "1")
    other = Process(tmp_path, *flags, module="tests.sidecar.real").ready(60)
    try:
        assert results(other, events, embedding=True) == results(real, events, embedding=True)
    finally:
        other.close()


def test_every_event_gets_a_status_and_ok_ones_an_embedding(real):
    events = [{"raw": raw} for raw in texts()]
    answers = [json.loads(result) for result in results(real, events, path="/v1/embed")]
    assert {result["status"] for result in answers} <= {"ok", "empty", "unparsed"}
    widths = {len(result["embedding"]) for result in answers if result["status"] == "ok"}
    assert len(widths) == 1
    for result in answers:
        if result["status"] == "ok":
            assert sum(x * x for x in result["embedding"]) == pytest.approx(1.0, abs=1e-3)


def test_the_model_description_matches_the_replies(real):
    described = real.ask("/v1/model").json()
    reply = real.ask("/v1/label", {"events": []}).json()
    assert {key: described[key] for key in ("name", "version", "sha256")} == reply["model"]


def test_a_model_with_one_changed_byte_is_refused(shipped, tmp_path):
    for file in sorted(path for path in shipped.iterdir() if path.is_file()):
        copy = tmp_path / f"model-{file.name}"
        shutil.copytree(shipped, copy)
        body = bytearray(file.read_bytes())
        body[len(body) // 2] ^= 1
        (copy / file.name).write_bytes(body)
        folder = tmp_path / f"run-{file.name}"
        folder.mkdir()
        process = Process(folder, "--model", str(copy), module="tests.sidecar.real")
        try:
            assert process.wait(60) == 78, file.name
            assert process.lines.empty()
            assert "loglm serve: " in process.log()
        finally:
            process.close()
        shutil.rmtree(copy)


def test_a_folder_without_a_model_is_refused(start, tmp_path):
    process = Process(tmp_path, "--model", str(tmp_path), module="tests.sidecar.real")
    try:
        assert process.wait(60) == 78
    finally:
        process.close()
