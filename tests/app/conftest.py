"""The real package, built once."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest


def build(root: Path, out: Path, **environment: str) -> Path:
    """Run package.sh into the folder `out` and return the package."""
    command = ["sh", str(root / "package.sh"), str(out)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHON": sys.executable, **environment})
    (package,) = out.glob("*.tar.gz")
    return package


@pytest.fixture(scope="session")
def package(root, tmp_path_factory) -> Path:
    """The package as package.sh builds it; needs a package index."""
    return build(root, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def app(package, tmp_path_factory) -> Path:
    """The package, unpacked: the folder that Splunk would have below etc/apps."""
    folder = tmp_path_factory.mktemp("apps")
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    return folder / "loglm_bridge"
