"""`python -m app.assembly VENDORED OUT`: writes OUT/loglm_bridge-<version>.tar.gz and prints its name and sha256."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

from app.assembly.archive import write_archive
from app.assembly.layout import app_files
from app.assembly.lock import read_lock
from loglm_bridge import __version__

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Write the package, as described in the module's docstring."""
    parser = argparse.ArgumentParser(prog="app.assembly")
    parser.add_argument("vendored", type=Path, help="folder that pip installed app/vendored.lock into")
    parser.add_argument("out", type=Path, help="folder of the package")
    options = parser.parse_args()
    pins = read_lock((ROOT / "app/vendored.lock").read_text())
    files = app_files(ROOT, options.vendored, __version__, pins)
    package = write_archive("loglm_bridge", files)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"loglm_bridge-{__version__}.tar.gz"
    target.write_bytes(package)
    print(f"{target} {len(files)} files, {len(package):,} bytes, sha256 {sha256(package).hexdigest()}")


if __name__ == "__main__":
    main()
