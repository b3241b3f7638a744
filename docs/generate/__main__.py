"""Writes every generated block of the documentation: python -m docs.generate [--check].

With --check nothing is written; the exit code is 1 if a block is stale, and its page is named.
"""

import argparse
import os
import sys
from pathlib import Path

from docs.generate.blocks import pages, rendered

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run the generator and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Writes the generated blocks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a block is stale")
    check = parser.parse_args().check
    for name in [name for name in os.environ if name.startswith(("LOGLM_", "XDG_"))]:
        del os.environ[name]  # they change the defaults that help texts name
    stale = []
    for page in pages(ROOT):
        before = page.read_text(encoding="utf-8")
        after = rendered(before)
        if after == before:
            continue
        stale.append(str(page.relative_to(ROOT)))
        if not check:
            page.write_text(after, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale, run `python -m docs.generate`' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
