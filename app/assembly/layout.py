"""The files of the Splunk app: from the checkout and from the vendored libraries."""

from __future__ import annotations

import email
import re
from pathlib import Path
from typing import Container, Iterator, Sequence

from app.assembly.attack_lookup import write_lookup
from app.assembly.lock import Pin
from app.assembly.sbom import write_sbom

#: Folder of the checkout -> folder of the app.
_FOLDERS = {
    "bin": "bin",
    "default": "default",
    "app/README": "README",
    "app/metadata": "metadata",
    "app/static": "static",
    "loglm_bridge/contract": "lib/loglm_bridge/contract",
    "loglm_bridge/splunk": "lib/loglm_bridge/splunk",
}

#: File of the checkout -> file of the app.
_FILES = {
    "LICENSE": "LICENSE",
    "CHANGELOG.md": "CHANGELOG.md",
    "app/README.txt": "README.txt",
    "app/app.manifest": "app.manifest",
    "app/static/appIcon_2x.png": "appserver/static/appIcon.png",  # the list of alert actions reads icon_path from here
    "loglm_bridge/__init__.py": "lib/loglm_bridge/__init__.py",
}

#: Files in which `@version@` is replaced by the package's version.
_VERSIONED = ("default/app.conf", "app.manifest")

#: Of a vendored distribution's metadata, only licences are copied; the bill of materials describes the rest.
_LICENCE = re.compile(r"[^/]+\.dist-info/(licenses/)?(LICEN[CS]E|NOTICE|COPYING)[^/]*")

#: Hidden files, byte code, and the tests that some distributions include.
_SKIPPED = re.compile(r"(^|/)(\.[^/]*|__pycache__|tests)(/|$)|\.pyc$")

_NATIVE = re.compile(r"\.(so|pyd|dll|dylib|exe|a|o)(\.|$)")


def app_files(root: Path, vendored: Path, version: str, pins: Sequence[Pin]) -> dict[str, bytes]:
    """Return the whole app: path -> content. `vendored` is the folder that pip installed the lock into.

    The distributions of a folder below lib are in the folder of its name beside `vendored`.

    Raises:
        ValueError: a vendored distribution is not the locked one, a library contains native code, or two files
            have the same path.
    """
    files = dict(_own_files(root))
    for path in _VERSIONED:
        files[path] = files[path].replace(b"@version@", version.encode())
    files["lookups/loglm_attack.csv"] = write_lookup().encode()
    requirements: dict[str, list[str]] = {}
    known = {pin.name for pin in pins}
    for folder in sorted({pin.folder for pin in pins}):
        installed = vendored if folder == "lib" else vendored.parent / Path(folder).name
        own = [pin for pin in pins if pin.folder == folder]
        requirements.update(read_requirements(installed, own, known))
        for path, content in _vendored_files(installed):
            if f"{folder}/{path}" in files:
                raise ValueError(f"two files have the path {folder}/{path}")
            files[f"{folder}/{path}"] = content
    files["sbom.cdx.json"] = write_sbom(version, pins, requirements).encode()
    return files


def read_requirements(vendored: Path, pins: Sequence[Pin], known: Container[str] | None = None) -> dict[str, list[str]]:
    """Return for each distribution the vendored ones that its own metadata requires, without extras.

    `known` names all vendored ones (None: those of `pins`).

    Raises:
        ValueError: the installed distributions are not exactly the locked ones.
    """
    installed = {path.name.removesuffix(".dist-info") for path in vendored.glob("*.dist-info")}
    locked = {pin.stem for pin in pins}
    if installed != locked:
        raise ValueError(f"vendored is {sorted(installed)}, locked is {sorted(locked)}")
    names = {pin.name for pin in pins} if known is None else known
    return {
        pin.name: sorted({n for n in _requires(vendored / f"{pin.stem}.dist-info/METADATA") if n in names})
        for pin in pins
    }


def _requires(metadata: Path) -> Iterator[str]:
    for line in email.message_from_bytes(metadata.read_bytes()).get_all("Requires-Dist", []):
        name = re.match(r"[A-Za-z0-9_.-]+", line)
        if name is not None and "extra ==" not in line:
            yield re.sub(r"[-_.]+", "-", name[0]).lower()


def _own_files(root: Path) -> Iterator[tuple[str, bytes]]:
    for source, target in _FOLDERS.items():
        for path, content in _walk(root / source):
            yield f"{target}/{path}", content
    for source, target in _FILES.items():
        yield target, (root / source).read_bytes()


def _vendored_files(vendored: Path) -> Iterator[tuple[str, bytes]]:
    for path, content in _walk(vendored):
        top = path.split("/")[0]
        if _NATIVE.search(path):
            raise ValueError(f"a vendored library contains native code: {path}")
        if top != "bin" and (not top.endswith(".dist-info") or _LICENCE.fullmatch(path)):
            yield path, content


def _walk(folder: Path) -> Iterator[tuple[str, bytes]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    relative = ((path.relative_to(folder).as_posix(), path) for path in files)
    return ((name, path.read_bytes()) for name, path in relative if not _SKIPPED.search(name))
