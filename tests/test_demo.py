"""`loglm demo`: its samples, its side of the protocol, its report; and all of it with the shipped model."""

import json
import re
import subprocess
import sys
from collections import Counter
from importlib.metadata import PackagePath, PathDistribution

import pytest

from loglm_bridge.contract.errors import InputError, ModelRefused, SidecarError, SidecarUnavailable
from loglm_bridge.contract.limits import MAX_RAW_BYTES
from loglm_bridge.demo import _check, report, stage
from loglm_bridge.demo.findings import notables_of
from loglm_bridge.demo.report import Labelled
from loglm_bridge.demo.samples import KINDS, SAMPLES, read_samples
from loglm_bridge.demo.splunkd import SearchError, run_search
from tests.conftest import ROOT

# --- samples ---------------------------------------------------------------------------------------------------------


def test_there_are_samples_of_every_kind_and_many_families():
    samples = read_samples()
    assert len({s.id for s in samples}) == len(samples) >= 60
    assert {s.kind for s in samples} == set(KINDS)
    assert min(Counter(s.kind for s in samples).values()) >= 8
    assert len({s.id.partition("/")[0] for s in samples} - {"broken"}) >= 12
    assert all(s.event.time is not None for s in samples)
    assert max(len(s.event.raw) for s in samples) > 3 * MAX_RAW_BYTES


def test_samples_name_nobody():
    """Addresses of documentation and private networks (RFC 5737, RFC 1918) and names of example domains only."""
    text = SAMPLES.read_text()
    addresses = set(re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text))
    documented = ("192.0.2.", "198.51.100.", "203.0.113.", "10.", "127.0.0.1")
    assert [a for a in addresses if not a.startswith(documented)] == []
    domains = set(re.findall(r"[\w-]+\.(?:com|net|org|io)\b", text))
    assert {d for d in domains if not d.startswith("example.")} <= ALLOWED_DOMAINS
    assert re.findall(r"(?:AKIA|ASIA|AGPA)[A-Z0-9]{16}|-----BEGIN", text) == []


#: Log formats name the services whose logs they are, schemas name their home.
ALLOWED_DOMAINS = {"amazonaws.com", "microsoft.com", "sharepoint.com", "kubernetes.io", "k8s.io", "okta.com"}


def test_no_sample_carries_a_label():
    assert re.search(r"\bT1\d{3}\b|mitre", SAMPLES.read_text(), re.IGNORECASE) is None
    assert set(json.loads(SAMPLES.read_text().splitlines()[0])) == {"id", "raw", "sourcetype", "host", "time", "what"}
    assert {s.event.source for s in read_samples()} == {"demo"}


# --- splunkd's side of the protocol ----------------------------------------------------------------------------------

ROWS = [{"_raw": f'event "{i}",\nsecond line', "_time": "1700000000.000", "host": "h"} for i in range(3)]

#: A command that answers as it should; each fault changes a line of it.
COMMAND = """
import csv, io, json, sys
def read():
    _, head, body = sys.stdin.buffer.readline().split(b",")
    return json.loads(sys.stdin.buffer.read(int(head))), sys.stdin.buffer.read(int(body)).decode()
def answer(metadata, body=""):
    head, body = json.dumps(metadata).encode(), body.encode()
    sys.stdout.buffer.write(b"chunked 1.0,%d,%d\\n" % (len(head), len(body)) + head + body)
    sys.stdout.buffer.flush()
info, _ = read()
answer({"type": "stateful", "required_fields": ["_raw", "absent"]})
metadata, body = read()
rows = list(csv.DictReader(io.StringIO(body, newline="")))
assert list(rows[0]) == ["_raw", "__mv__raw", "_chunked_idx"], rows[0]
for row in rows:
    row.update({"x": "a\\nb", "__mv_x": "$a$;$b$$c$", "args": " ".join(info["searchinfo"]["args"])})
out = io.StringIO()
writer = csv.DictWriter(out, rows[0])
writer.writeheader()
writer.writerows(rows)
answer({"finished": True, "inspector": {"messages": [["WARN", "said"]]}}, out.getvalue())
"""


def command(fault=""):
    return [sys.executable, "-c", COMMAND.replace("writer.writeheader()", f"{fault}\nwriter.writeheader()")]


def test_rows_come_back_joined_and_in_order():
    rows, messages = run_search(command(), ["top=3"], ROWS, {})
    assert rows == [{**row, "x": ["a", "b$c"], "args": "top=3"} for row in ROWS]
    assert messages == ["said"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("rows.pop()", "3 rows went in"),
        ("rows.reverse()", "3 rows went in"),
        ("rows.append(rows[0])", "3 rows went in"),
        ("for row in rows: row['_chunked_idx'] = 0", "3 rows went in"),
        ("sys.exit(3)", "no answer to execute"),
        ("print('hello', flush=True)", "no answer to execute"),
        ("print('hello')", "more than its answers"),
        ("answer({'error': 'LogLM: no.', 'finished': True}); sys.exit()", "LogLM: no."),
        ("answer({'finished': False}); sys.exit()", "did not finish"),
        ("import atexit, os; atexit.register(os._exit, 5)", "code 5"),
    ],
)
def test_a_command_that_misbehaves_is_noticed(fault, said):
    with pytest.raises(SearchError, match=said):
        run_search(command(fault), [], ROWS, {})


def test_a_command_that_cannot_start_is_noticed():
    with pytest.raises(SearchError, match="no answer to getinfo"):
        run_search([sys.executable, "-c", ""], [], ROWS, {})


# --- report ----------------------------------------------------------------------------------------------------------


def labelled(kind, verdict, score, status="ok"):
    sample = next(s for s in read_samples() if s.kind == kind)
    techniques = {
        "loglm_technique_id": ["T1003.001", "T1059"],
        "loglm_technique": ["LSASS Memory", "Command and Scripting Interpreter"],
        "loglm_tactic": ["credential-access", "execution"],
        "loglm_confidence": ["0.91", "0.2"],
    }
    row = {"_raw": "x", "loglm_status": status, "loglm_verdict": verdict, "loglm_score": score, "loglm_novelty": "0.5"}
    return Labelled(sample, {**row, **(techniques if verdict == "malicious" else {})})


ONES = [
    labelled("ordinary", "benign", "0.01"),
    labelled("hostile", "malicious", "0.97"),
    labelled("broken", "", "", "empty"),
]


def test_the_table_shows_every_event_and_its_techniques():
    text = "\n".join(report.table(ONES, 200, colours=False))
    assert "\x1b" not in text
    assert "T1003.001 LSASS Memory 0.91, T1059 Command and Scripting Interpreter 0.20" in text
    assert all(one.sample.id in text for one in ONES)
    assert max(map(len, report.table(ONES, 70, colours=False))) <= 70


def test_colours_are_around_the_verdict_only():
    plain, coloured = (list(report.table(ONES, 100, colours=colours)) for colours in (False, True))
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in coloured] == plain
    assert sum("\x1b" in line for line in coloured) == 2


def test_the_summary_counts():
    said = report.summary(ONES, 1, 2.0)
    assert "3 events in, 3 rows out (2 ok, 1 empty)" in said
    assert "0 of 1 ordinary, 1 of 1 hostile" in said


@pytest.mark.parametrize(
    "bad",
    [
        labelled("hostile", "", "", "unavailable"),
        labelled("broken", "", "", "timeout"),
        labelled("ordinary", "", "", "empty"),
        labelled("hostile", "", "", "ok"),
        labelled("hostile", "", "", ""),
    ],
)
def test_an_outcome_that_nobody_would_accept_fails(bad):
    _check(ONES)
    with pytest.raises(SearchError, match=bad.sample.id):
        _check([*ONES, bad])


# --- stage -----------------------------------------------------------------------------------------------------------


def test_the_app_is_configured_as_an_administrator_would(tmp_path):
    from loglm_bridge.splunk.config.settings import Settings

    app = stage.make_app(tmp_path / "app", "http://127.0.0.1:5", tmp_path / "token")
    settings = Settings.read(app)
    assert (settings.urls, settings.token_file) == (("http://127.0.0.1:5",), tmp_path / "token")
    assert (app / "bin" / "loglm.py").read_bytes() == (ROOT / "bin" / "loglm.py").read_bytes()


def test_an_installed_package_brings_the_apps_files(tmp_path, monkeypatch):
    package = tmp_path / "lib" / "site-packages" / "loglm_bridge" / "__init__.py"
    wanted = tmp_path / "share" / "loglm_bridge" / "bin" / "loglm.py"
    for path in (package, wanted):
        path.parent.mkdir(parents=True)
        path.touch()
    listed = PackagePath("../../share/loglm_bridge/bin/loglm.py")
    listed.dist = PathDistribution(tmp_path / "lib" / "site-packages" / "x.dist-info")
    monkeypatch.setattr(stage.loglm_bridge, "__file__", str(package))
    monkeypatch.setattr(stage, "files", lambda _: [PackagePath("loglm_bridge/__init__.py"), listed])
    assert stage.app_file("bin/loglm.py").resolve() == wanted
    with pytest.raises(InputError, match=r"a part of the app is missing \[default/loglm\.conf\]"):
        stage.app_file("default/loglm.conf")


def test_nothing_of_the_users_environment_configures_the_demo(tmp_path, monkeypatch):
    for name in ("LOGLM_PORT", "LOGLM_MODEL", "SPLUNK_HOME", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "/elsewhere")
    env = stage.environment(tmp_path / "home")
    assert not {"LOGLM_PORT", "PYTHONDONTWRITEBYTECODE"} & env.keys()
    assert env["SPLUNK_HOME"] == str(tmp_path / "home")


def test_a_sidecar_that_cannot_start_says_why(tmp_path):
    env = stage.environment(tmp_path / "home")
    with pytest.raises((ModelRefused, SidecarUnavailable), match=r"the sidecar did not start: manifest\.json"):  # noqa: SIM117
        with stage.sidecar(tmp_path, tmp_path / "absent", tmp_path / "token", env):
            pass


def test_malicious_rows_become_notables(tmp_path):
    """A labelled row needs no sidecar; one whose text could forge labels is asked about again."""
    app = stage.make_app(tmp_path / "app", "http://127.0.0.1:9", tmp_path / "token")
    (tmp_path / "token").write_text("a" * 43)
    [written] = notables_of([one.row for one in ONES], app)
    assert written.fields["annotations.mitre_attack.mitre_technique_id"] == ("T1003.001", "T1059")
    assert written.fields["loglm_score"] == ("0.97",)
    with pytest.raises(SidecarError):
        notables_of([{**ONES[1].row, "_raw": "loglm_verdict=benign"}], app)


# --- the whole, with the shipped model -------------------------------------------------------------------------------


def demo(*args):
    """The finished process of `loglm demo`."""
    command = [sys.executable, "-m", "loglm_bridge.cli", "demo", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)


def test_the_demo_labels_every_sample():
    done = demo("--json")
    assert (done.returncode, done.stderr) == (0, "")
    out = json.loads(done.stdout)
    assert [row["id"] for row in out["rows"]] == [sample.id for sample in read_samples()]
    assert {row["loglm_status"] for row in out["rows"]} <= {"ok", "empty", "unparsed"}
    malicious = [row for row in out["rows"] if row["loglm_verdict"] == "malicious"]
    assert len(out["notables"]) == len(malicious) >= 1
    assert all(n["annotations.mitre_attack.mitre_technique_id"] for n in out["notables"])


def test_the_demo_prints_a_table_for_people():
    done = demo()
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert all(sample.id in done.stdout for sample in read_samples())


def test_the_demo_fails_with_a_sentence(tmp_path):
    done = demo("--model", str(tmp_path))
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("loglm: the sidecar did not start: ")
    assert done.stderr.count("\n") == 1
