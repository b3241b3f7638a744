"""What the Splunk app brings: macros, saved searches, and the warnings of AppInspect that are accepted."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from docs.generate.markdown import code, sentence, table

_ROOT = Path(__file__).parents[2]


def accepted_warnings() -> str:
    """Return the warnings of splunk-appinspect that stay, and why."""
    accepted = runpy.run_path(str(_ROOT / ".ci/appinspect_report.py"))["ACCEPTED"]
    return table(["check", "why it stays"], ([code(check), sentence(reason)] for check, reason in accepted.items()))


def saved_searches() -> str:
    """Return the saved searches of the app."""
    conf = _conf("savedsearches.conf")
    rows = ([name, code(conf[name]["cron_schedule"]), conf[name]["description"]] for name in conf.sections())
    return table(["search", "schedule (cron)", "what it finds"], rows)


def macros() -> str:
    """Return the macros of the app, with the comment that stands above each."""
    return table(["macro", "meaning"], ([code(name), sentence(meaning)] for name, meaning in _macros()))


def _macros() -> Iterator[tuple[str, str]]:
    text = (_ROOT / "default/macros.conf").read_text(encoding="utf-8")
    conf = _conf("macros.conf")
    for comment, stanza in re.findall(r"((?:^#.*\n)*)^\[([^\]]+)\]", text, re.MULTILINE):
        spoken = " ".join(line.lstrip("# ") for line in comment.splitlines() if not line.startswith("# ---"))
        args = conf[stanza].get("args", "")
        name = stanza.partition("(")[0] + (f"({args})" if args else "")
        yield name, spoken or _events(conf[stanza]["definition"])


def _events(definition: str) -> str:
    """Return which events a search begins with."""
    text = " ".join(definition.replace("\\", " ").partition("|")[0].split())
    return f"Selects events: `` {text} ``" if "`" in text else f"Selects events: `{text}`"


def _conf(name: str) -> ConfigParser:
    conf = ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",))
    text = (_ROOT / "default" / name).read_text(encoding="utf-8")
    conf.read_string(re.sub(r"\\\n", r"\\\n  ", text))
    return conf
