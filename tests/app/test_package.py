"""The package: what is in it, what is not, and that the same commit gives the same bytes."""

import csv
import json
import os
import re
import tarfile
from email import message_from_string

import pytest

from app.assembly.archive import EPOCH, write_archive
from app.assembly.layout import app_files, read_requirements
from app.assembly.lock import read_lock, requirements_of
from app.assembly.sbom import write_sbom
from loglm_bridge import __version__
from loglm_bridge.contract.attack_table import TECHNIQUES
from tests.app.conftest import build

#: What shipped code of our own must not do: code loading, shells, unverified TLS.
FORBIDDEN = re.compile(
    r"\b(pickle|marshal|shelve|joblib)\b|\beval\(|(?<![.\w])exec\(|os\.system|shell\s*=\s*True|verify\s*=\s*False"
    r"|_create_unverified_context|CERT_NONE|\b__import__\("
)


def lock(root):
    """The pins of the vendored libraries."""
    return read_lock((root / "app/vendored.lock").read_text())


def test_two_builds_are_byte_identical(root, package, tmp_path):
    before = os.umask(0o077)
    try:
        again = build(root, tmp_path, LC_ALL="C", TZ="Asia/Tokyo", PYTHONHASHSEED="7")
    finally:
        os.umask(before)
    assert again.name == package.name == f"loglm_bridge-{__version__}.tar.gz"
    assert again.read_bytes() == package.read_bytes()


def test_archive_has_one_folder_owner_time_and_plain_modes(package):
    with tarfile.open(package) as archive:
        entries = archive.getmembers()
    assert {entry.name.split("/")[0] for entry in entries} == {"loglm_bridge"}
    assert {(entry.uid, entry.gid, entry.uname, entry.mtime) for entry in entries} == {(0, 0, "root", EPOCH)}
    assert all(entry.isdir() or entry.isfile() for entry in entries)
    assert {entry.mode for entry in entries if entry.isdir()} == {0o755}
    assert {entry.mode for entry in entries if entry.isfile()} == {0o644}
    files = [entry.name for entry in entries if entry.isfile()]
    assert files == sorted(files)
    assert package.read_bytes()[4:8] == bytes(4)  # RFC 1952: MTIME, 0 means none


def test_package_contains_nothing_native_compiled_hidden_or_local(app):
    paths = [path.relative_to(app).as_posix() for path in app.rglob("*")]
    unwanted = re.compile(
        r"(^|/)(\.|__pycache__|tests?(/|$)|local(/|$)|local\.meta)|\.(pyc|so|pyd|dll|dylib|exe|whl|egg)$"
    )
    assert [path for path in paths if unwanted.search(path)] == []
    magic = {b"\x7fELF", b"MZ\x90\x00", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"!<ar"}
    files = [path for path in app.rglob("*") if path.is_file()]
    assert [path for path in files if path.read_bytes()[:4] in magic] == []


def test_package_contains_only_contract_and_splunk(app):
    own = {path.relative_to(app / "lib/loglm_bridge").parts[0] for path in (app / "lib/loglm_bridge").iterdir()}
    assert own == {"__init__.py", "contract", "splunk"}
    assert (app / "lib/loglm_bridge/__init__.py").read_text().count("import") == 0


def test_package_contains_all_parts_of_an_app(app):
    for path in (
        *("app.manifest", "README.txt", "LICENSE", "CHANGELOG.md", "sbom.cdx.json", "metadata/default.meta"),
        *("default/app.conf", "default/commands.conf", "default/loglm.conf", "README/loglm.conf.spec"),
        *("static/appIcon.png", "static/appIcon_2x.png", "lookups/loglm_attack.csv", "bin/loglm.py"),
        *("lib/requests/__init__.py", "lib/splunklib/searchcommands/__init__.py", "lib/certifi/cacert.pem"),
    ):
        assert (app / path).stat().st_size > 0, path


def test_version_is_the_same_everywhere(app):
    manifest = json.loads((app / "app.manifest").read_text())
    conf = (app / "default/app.conf").read_text()
    assert manifest["info"]["id"]["version"] == __version__
    assert re.findall(r"^version = (.*)$", conf, re.MULTILINE) == [__version__, __version__]
    assert "@version@" not in conf


def test_icons_have_the_sizes_splunk_wants(app):
    for name, side in (("appIcon.png", 36), ("appIcon_2x.png", 72)):
        data = (app / "static" / name).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")) == (side, side)


def test_shipped_code_contains_nothing_forbidden(app):
    paths = [path for folder in ("bin", "lib/loglm_bridge") for path in sorted((app / folder).rglob("*.py"))]
    assert [(path.name, hit[0]) for path in paths for hit in FORBIDDEN.finditer(path.read_text())] == []


@pytest.mark.parametrize(
    "line", ["import pickle", "x = eval('1')", "requests.get(u, verify=False)", "run(c, shell=True)"]
)
def test_forbidden_code_is_detected(line):
    assert FORBIDDEN.search(line)


@pytest.mark.parametrize("line", ["regex.exec(text)", "model.evaluate(x)", "verify=ca_file", "self.execute(chunk)"])
def test_allowed_code_is_not_detected(line):
    assert FORBIDDEN.search(line) is None


def test_shipped_files_contain_no_path_of_a_machine(app):
    machine = re.compile(rb"(?<![\w.])/(work|root|home/[a-z]+|tmp|Users)/")
    own = [path for path in app.rglob("*") if path.is_file() and app / "lib" not in path.parents]
    own += (app / "lib/loglm_bridge").rglob("*.py")
    assert [path for path in own if machine.search(path.read_bytes())] == []


def test_attack_lookup_equals_the_table(app):
    with (app / "lookups/loglm_attack.csv").open(newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == TECHNIQUES.keys()
    assert rows["T1003.001"] == {
        "id": "T1003.001",
        "name": "OS Credential Dumping: LSASS Memory",
        "tactics": "credential-access",
        "url": "https://attack.mitre.org/techniques/T1003/001/",
    }
    assert all(tuple(row["tactics"].split()) == TECHNIQUES[key][1] for key, row in rows.items())
    assert not any(value[:1] in "=+-@\t\r" for row in rows.values() for value in row.values())  # spreadsheet formulas


def test_bill_of_materials_equals_the_lock(root, app):
    bom = json.loads((app / "sbom.cdx.json").read_text())
    pins = lock(root)
    components = {(c["name"], c["version"], c["hashes"][0]["content"], c["purl"]) for c in bom["components"]}
    assert components == {(pin.name, pin.version, pin.sha256, f"pkg:pypi/{pin.name}@{pin.version}") for pin in pins}
    graph = {entry["ref"]: entry["dependsOn"] for entry in bom["dependencies"]}
    assert graph[f"pkg:generic/loglm_bridge@{__version__}"] == [
        "pkg:pypi/packaging@26.4",
        "pkg:pypi/requests@2.32.5",
        "pkg:pypi/requests@2.34.2",
        "pkg:pypi/splunk-sdk@2.1.1",
    ]
    assert graph["pkg:pypi/requests@2.32.5"][-1] == "pkg:pypi/urllib3@2.6.3"
    assert graph["pkg:pypi/requests@2.34.2"][-1] == "pkg:pypi/urllib3@2.8.0"
    assert [ref.split("@")[0] for ref in graph["pkg:pypi/splunk-sdk@2.1.1"]] == ["pkg:pypi/deprecation"]
    assert set(graph) == {c["bom-ref"] for c in bom["components"]} | {f"pkg:generic/loglm_bridge@{__version__}"}


def test_vendored_versions_equal_the_lock(root, app):
    pins = {(pin.folder, pin.name): pin.version for pin in lock(root)}
    for folder in ("lib", "lib/py310"):
        text = (app / folder / "requests/__version__.py").read_text()
        assert f'__version__ = "{pins[folder, "requests"]}"' in text
    sdk = ", ".join(pins["lib", "splunk-sdk"].split("."))
    assert f"__version_info__ = ({sdk})" in (app / "lib/splunklib/__init__.py").read_text()


def test_package_contains_all_vendored_licences(root, app):
    for pin in lock(root):
        folder = app / pin.folder / f"{pin.stem}.dist-info"
        if pin.name != "splunk-sdk":  # its distribution holds none; it is under the LICENSE at the app's top
            assert any(path.is_file() for path in folder.rglob("*")), pin.name


# --- the parts, on small input ----------------------------------------------------------------------------------------


def test_lock_line_without_hash_is_refused():
    with pytest.raises(ValueError, match="line 2 of the lock"):
        read_lock("# a comment\nrequests==2.32.5\n")


def test_lock_out_of_order_is_refused():
    line = "{}==1.0 --hash=sha256:" + "0" * 64 + " # MIT\n"
    with pytest.raises(ValueError, match="sorted and unique"):
        read_lock(line.format("b") + line.format("a"))


def test_sections_of_a_lock_are_folders():
    line = "{}==1.0 --hash=sha256:" + "0" * 64 + " # MIT\n"
    text = line.format("a") + line.format("b") + "\n# --- lib/py310: for newer ones\n" + line.format("a")
    assert [(pin.folder, pin.name) for pin in read_lock(text)] == [("lib", "a"), ("lib", "b"), ("lib/py310", "a")]
    assert requirements_of(text, "lib/py310") == "a==1.0 --hash=sha256:" + "0" * 64 + "\n"


def vendor(folder, name, version, requires=()):
    """Make a folder as pip --target leaves it for one distribution."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {need}" for need in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text("")
    (info / "LICENSE").write_text("terms")
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("")
    assert message_from_string((info / "METADATA").read_text())["Name"] == name


PINS = read_lock(
    "".join(f"{name}==1.0 --hash=sha256:{'0' * 64} # MIT\n" for name in ("left-pad", "zip-it")),
)


def test_dependencies_are_read_from_the_vendored_metadata(tmp_path):
    vendor(tmp_path, "left_pad", "1.0", ["zip_it>=0.9", 'absent; extra == "x"'])
    vendor(tmp_path, "zip_it", "1.0")
    assert read_requirements(tmp_path, PINS) == {"left-pad": ["zip-it"], "zip-it": []}
    graph = json.loads(write_sbom("1.0", PINS, read_requirements(tmp_path, PINS)))["dependencies"]
    assert graph[0] == {"ref": "pkg:generic/loglm_bridge@1.0", "dependsOn": ["pkg:pypi/left-pad@1.0"]}


def test_vendored_distribution_that_is_not_locked_is_refused(tmp_path):
    vendor(tmp_path, "left_pad", "1.0")
    vendor(tmp_path, "zip_it", "1.1")
    with pytest.raises(ValueError, match=r"zip_it-1\.1"):
        read_requirements(tmp_path, PINS)


def test_native_code_in_a_vendored_library_is_refused(root, tmp_path):
    vendor(tmp_path, "left_pad", "1.0")
    vendor(tmp_path, "zip_it", "1.0")
    (tmp_path / "zip_it" / "fast.cpython-39-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    with pytest.raises(ValueError, match="native code"):
        app_files(root, tmp_path, "1.0", PINS)


def test_byte_code_tests_and_metadata_are_left_out(root, tmp_path):
    vendor(tmp_path, "left_pad", "1.0")
    vendor(tmp_path, "zip_it", "1.0")
    for path in ("zip_it/__pycache__/a.pyc", "zip_it/tests/test_a.py", "zip_it/.hidden", "bin/zip-it"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    files = app_files(root, tmp_path, "1.0", PINS)
    assert [path for path in files if "zip" in path] == ["lib/zip_it/__init__.py", "lib/zip_it-1.0.dist-info/LICENSE"]


def test_archive_is_independent_of_the_order_of_files():
    files = {"b/c.txt": b"1", "a.txt": b"2"}
    assert write_archive("top", files) == write_archive("top", dict(reversed(files.items())))
