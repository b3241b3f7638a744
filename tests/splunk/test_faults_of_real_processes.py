"""Faults of docs/dev/faults.md against real processes: `loglm serve` with the shipped model, the command, the input."""

import pickle
import resource
import shutil
import time
from hashlib import sha256

import pytest

from tests.splunk.fake_splunkd_rest import attack
from tests.splunk.modinput.input_process import definition, finish, start
from tests.splunk.sample_rows import LABEL_COLUMNS, rows_of
from tests.splunk.splunkd import warnings

pytest.importorskip("starlette")  # not installed for Splunk's own Pythons

from loglm_bridge.model import default_folder
from loglm_bridge.model.folder.model_folder import EVENT_ENCODER, write_manifest
from tests.sidecar.process import Process

FAILED_LOGIN = "Mar  2 08:28:50 web1 sshd[7]: Failed password for root from 192.0.2.7 port 22 ssh2"


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A sidecar with the shipped model."""
    folder = str(default_folder())
    process = Process(tmp_path_factory.mktemp("real"), "--model", folder, module="tests.sidecar.real").ready(60)
    yield process
    assert process.stop() == 0
    process.close()


@pytest.fixture
def served(tmp_path):
    """Return a function that serves a changed copy of the shipped folder and returns exit code and log."""

    def serve(change):
        folder = tmp_path / "model"
        shutil.copytree(default_folder(), folder)
        change(folder)
        (tmp_path / "sidecar").mkdir()
        process = Process(tmp_path / "sidecar", "--model", str(folder), module="tests.sidecar.real")
        code = process.wait(60)
        process.close()
        return code, process.log()

    return serve


def test_18_encoder_with_external_data_is_refused(served):
    onnx = pytest.importorskip("onnx")

    def change(folder):
        model = onnx.load(folder / EVENT_ENCODER)
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")
        (folder / EVENT_ENCODER).write_bytes(model.SerializeToString())
        with pytest.raises(Exception, match="outside"):  # sealing refuses it too
            write_manifest(folder, "toy", "1", {})

    code, log = served(change)
    assert code == 78
    assert EVENT_ENCODER in log
    assert "root:" not in log


def test_19_pickle_in_the_folder_is_refused_and_not_read(served, tmp_path):
    trap = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    code, log = served(lambda folder: (folder / "heads.pkl").write_bytes(pickle.dumps(Trap())))
    assert code == 78
    assert "heads.pkl" in log
    assert not trap.exists()


def test_20_full_disk_keeps_the_position(splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path):
    now = int(time.time())
    splunkd.events = [attack(now - 900 + 10 * i, i) for i in range(40)]
    app = write_back_app(fake_sidecar.port)
    params = {"search": "index=main", "lag": 10, "window": 300, "lookback": 1_000}
    text = definition(splunkd.uri, tmp_path / "positions", params)
    full = finish(start(app, splunk_env, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))), text)
    assert full.code == 1
    assert any("position" in line and "internal error" not in line for line in full.lines), full.lines
    again = finish(start(app, splunk_env), text)
    assert (again.code, len(set(again.keys))) == (0, 40)


def test_29_control_tokens_in_a_text_are_plain_text(real):
    vocabulary = ("[CLS]", "[PAD]", "[MASK]", "[F:command]", "[K:windows sysmon:1]", "<s>", "</s>", "<|endoftext|>")
    texts = [FAILED_LOGIN.replace("root", f"root{token}") for token in vocabulary]
    results = real.label(FAILED_LOGIN, *texts)
    assert {result["status"] for result in results} == {"ok"}
    assert all(0.0 <= result["score"] <= 1.0 for result in results)
    assert {result["verdict"] for result in results} == {results[0]["verdict"]}


def test_33_many_small_chunks_get_the_labels_of_one_large(real, app_at, search):
    rows = rows_of(*[FAILED_LOGIN.replace("7 port", f"{i} port") for i in range(120)])
    answers = []
    for size in (120, 2):
        command = search(app_at(real.port, token=real.token))
        command.getinfo("output=all")
        labelled = []
        for first in range(0, len(rows), size):
            metadata, part = command.execute(rows[first : first + size], finished=first + size >= len(rows))
            assert warnings(metadata) == []
            labelled += part
        assert command.end() == 0
        answers.append([[row[column] for column in LABEL_COLUMNS] for row in labelled])
    assert answers[0] == answers[1]
    assert len(answers[0]) == 120


def test_34_search_without_the_right_to_the_token_says_so(real, app_at, search):
    app = app_at(real.port, token=real.token)
    (app / "local/token").unlink()
    command = search(app)
    command.getinfo()
    metadata, rows = command.execute(rows_of(FAILED_LOGIN))
    assert rows[0]["loglm_status"] != "ok"
    (text,) = warnings(metadata)
    assert "token" in text


def test_40_model_that_is_sure_of_nothing_shows_no_technique(real, app_at, search):
    words = [sha256(str(i).encode()).hexdigest() for i in range(40)]
    command = search(app_at(real.port, token=real.token))
    command.getinfo("output=all")
    _, rows = command.execute(rows_of(*(f"zq{word[:9]} {word[9:20]} qx" for word in words)))
    assert {row["loglm_status"] for row in rows} <= {"ok", "unparsed"}
    for row in rows:
        if row["loglm_verdict"] in ("unknown", "benign"):
            assert row["loglm_technique_id"] == ""
            assert row["loglm_score"] != ""
