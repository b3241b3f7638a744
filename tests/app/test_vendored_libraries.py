"""The vendored libraries: each interpreter gets its newest ones, and none of their known vulnerabilities is in reach.

SECURITY.md says of each vulnerability whether the app can reach it. The tests below prove that, with the packaged app
under the Pythons that Splunk ships.
"""

import ast
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from app.assembly.lock import read_lock
from tests.contract.interpreters import interpreters
from tests.splunk.alert.alert_process import attack
from tests.splunk.fake_splunkd_rest import HEC_TOKEN, SESSION, FakeSplunkd
from tests.splunk.sidecar_process import TOKEN, FakeSidecarProcess
from tests.splunk.splunkd import encode_rows

PYTHONS = list(dict.fromkeys([sys.executable, *interpreters()]))

#: Vulnerability -> library, first affected and first fixed version.
KNOWN = {
    "CVE-2026-44431": ("urllib3", "1.23", "2.7.0"),
    "CVE-2026-44432": ("urllib3", "2.6.0", "2.7.0"),
    "CVE-2026-9375": ("urllib3", "2.6.0", "2.7.0"),
    "CVE-2026-97687": ("urllib3", "1.26", "2.8.0"),
    "CVE-2026-97688": ("urllib3", "2.6.2", "2.8.0"),
    "CVE-2026-97689": ("urllib3", "1.23", "2.8.0"),
    "CVE-2026-25645": ("requests", "0", "2.33.0"),
}


def version(text):
    """Return a version as a tuple that compares."""
    return tuple(map(int, text.split(".")))


@pytest.fixture(params=PYTHONS, ids=lambda path: Path(path).parents[1].name)
def python(request):
    """An interpreter that can import neither this project nor installed packages."""
    return [request.param, "-I", "-S", "-B"]


@pytest.fixture(scope="module")
def sidecar(root):
    """A fake sidecar."""
    with FakeSidecarProcess(root) as process:
        yield process


@pytest.fixture
def servers():
    """A fake splunkd, and another one that nobody may call."""
    servers = FakeSplunkd(), FakeSplunkd()
    servers[0].passwords = {"loglm_bridge:sidecar:": TOKEN, "loglm_bridge:hec:": HEC_TOKEN}
    yield servers
    for server in servers:
        server.close()


@pytest.fixture
def deliver(python, app, sidecar, servers, tmp_path):
    """Return a function that runs the packaged alert action with the event collector; further variables go to it."""
    home = tmp_path / "loglm_bridge"
    for part in ("bin", "local"):
        (home / part).mkdir(parents=True)
    for part in ("default", "lib"):
        (home / part).symlink_to(app / part)
    for script in (app / "bin").iterdir():
        (home / "bin" / script.name).write_bytes(script.read_bytes())
    (tmp_path / "results.csv.gz").write_bytes(gzip.compress(encode_rows([attack(1)])))

    def run(url=servers[0].uri, **variables):
        conf = f"[sidecar]\nurl = {sidecar.url}\n[hec]\nurl = {url}\n[delivery]\nretry_seconds = 0\n"
        (home / "local/loglm.conf").write_text(conf)
        payload = {
            "results_file": str(tmp_path / "results.csv.gz"),
            "server_uri": servers[0].uri,
            "session_key": SESSION,
            "configuration": {"delivery": "hec"},
        }
        env = {"PATH": os.environ["PATH"], "SPLUNK_HOME": str(tmp_path / "splunk"), **variables}
        command = [*python, str(home / "bin/loglm_notable.py"), "--execute"]
        data = json.dumps(payload).encode()
        done = subprocess.run(command, input=data, capture_output=True, env=env, timeout=60, check=False)
        return done.returncode, done.stderr.decode()

    return run


def test_each_interpreter_gets_its_newest_libraries(root, python, app):
    lines = (app / "bin/loglm_notable.py").read_text().splitlines()
    (path_line,) = [line.strip() for line in lines if "sys.path" in line]
    code = f"import sys; from pathlib import Path; APP = Path({str(app)!r})\n{path_line}\n"
    code += "import requests, urllib3; print(sys.version_info >= (3, 10), requests.__version__, urllib3.__version__)"
    out = subprocess.run([*python, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    pins = {(pin.folder, pin.name): pin.version for pin in read_lock((root / "app/vendored.lock").read_text())}
    folder = "lib/py310" if out[0] == "True" else "lib"
    assert out[1:] == [pins[folder, "requests"], pins[folder, "urllib3"]]


def test_newer_interpreters_get_libraries_without_known_vulnerabilities(root):
    pins = {(pin.folder, pin.name): pin.version for pin in read_lock((root / "app/vendored.lock").read_text())}
    for library, _, fixed in KNOWN.values():
        assert version(pins["lib/py310", library]) >= version(fixed)


def test_security_page_lists_every_known_vulnerability(root):
    pins = {(pin.folder, pin.name): pin.version for pin in read_lock((root / "app/vendored.lock").read_text())}
    affected = {
        cve
        for cve, (library, first, fixed) in KNOWN.items()
        if version(first) <= version(pins["lib", library]) < version(fixed)
    }
    text = (root / "SECURITY.md").read_text()
    listed = dict(re.findall(r"^\| (CVE-\d+-\d+) \|.*\| (no|yes)[,:]? [^|]*\|$", text, re.MULTILINE))
    assert listed == dict.fromkeys(affected, "no")


def test_few_modules_use_these_libraries(root):
    """No request of the app is made by these libraries: it takes a path from one of them, and nothing else."""
    users = {}
    for path in sorted((root / "loglm_bridge/splunk").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                if name and name.split(".")[0] in ("requests", "urllib3"):
                    users.setdefault(path.name, set()).add(name)
    assert users == {"authorities.py": {"requests.utils"}}
    text = (root / "loglm_bridge/splunk/config/authorities.py").read_text()
    assert [line for line in text.splitlines() if "requests" in line and "import" in line] == [
        "    from requests.utils import DEFAULT_CA_BUNDLE_PATH"
    ]


def test_libraries_of_splunk_do_not_use_them_either(app):
    """splunklib, the other vendored library that makes requests, uses the standard library's client."""
    for path in (app / "lib/splunklib").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) (requests|urllib3)", path.read_text(), re.MULTILINE), path


def test_cve_2026_44431_and_97687_token_follows_neither_redirect_nor_proxy(deliver, servers):
    """urllib3 sent Authorization to another host after a redirect, and ignored TLS settings of a proxy."""
    splunkd, other = servers
    for status in (301, 302, 303, 307, 308):
        splunkd.faults["hec"] = [(status, "", {"Location": f"{other.uri}/services/collector/event"})]
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"), other.uri)
        code, err = deliver(**proxies)
        assert code == 1
        assert f"HTTP {status}" in err
    assert (other.hec_requests, other.hec_headers) == (0, [])
    assert splunkd.hec_requests == 5


def test_cve_2026_97688_trailing_bytes_of_a_stream_end_nothing(deliver, servers):
    """urllib3 read for ever where bytes followed a deflate stream in chunks."""
    body = zlib.compress(b" " * 1_000_000) + b"trailing"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n\r\n"
    servers[0].faults["hec"] = [head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)]
    code, err = deliver()
    assert (code, "HTTP 200" in err) == (1, True)


def test_cve_2026_97689_endless_chunk_size_is_bounded(deliver, servers):
    """urllib3 held a line of any length for the size of a chunk."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    servers[0].faults["hec"] = [head + b"0" * 50_000_000]
    code, err = deliver()
    assert (code, "no answer" in err) == (1, True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_cve_2026_44432_and_9375_answers_are_not_decompressed(deliver, servers, encoding):
    """urllib3 decompressed whole answers at once; here it decompresses none, and asks for none."""
    splunkd, _ = servers
    bomb = gzip.compress(b" " * 400_000_000, 1)
    splunkd.faults["hec"] = [(200, bomb, {"Content-Encoding": encoding})]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    code, err = deliver()
    assert code == 1
    assert "HTTP 200" in err
    assert splunkd.hec_headers[-1]["Accept-Encoding"] == "identity"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


def test_cve_2026_25645_no_file_is_unpacked_to_a_temporary_folder(deliver, tmp_path):
    """requests unpacked certificate authorities from a zip file to a predictable name; here they are a plain file."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    (folder / "cacert.pem").write_text("planted")
    code, err = deliver("https://127.0.0.1:1", TMPDIR=str(folder))
    assert code == 1
    assert "no answer" in err
    assert [path.name for path in folder.iterdir()] == ["cacert.pem"]


def test_cve_2026_25645_authorities_are_a_plain_file(python, app):
    code = (
        f"import sys; sys.path[:0] = [{str(app / 'lib')!r}]\n"
        "from requests.utils import DEFAULT_CA_BUNDLE_PATH as path, extract_zipped_paths\n"
        "import os; assert os.path.isfile(path); assert extract_zipped_paths(path) == path"
    )
    subprocess.run([*python, "-c", code], check=True)
