"""The Python interpreters that Splunk ships, where this machine has them."""

import os
import shutil
from pathlib import Path


def interpreters() -> list[str]:
    """Return every Python 3.9 and 3.13 that pyenv or the search path has."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    paths = []
    for minor in ("3.9", "3.13"):
        installed = sorted(pyenv.glob(f"{minor}.*/bin/python"))
        paths.append(str(installed[-1]) if installed else shutil.which(f"python{minor}"))
    return [path for path in paths if path]
