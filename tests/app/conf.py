"""Parsers of Splunk's conf and spec files."""

import re
from pathlib import Path

Conf = dict[str, dict[str, str]]


def read_conf(path: Path) -> Conf:
    """Return stanza -> key -> value; a backslash at the end of a line continues it. Repeats fail the test."""
    conf: Conf = {}
    stanza = ""
    for line in _lines(path):
        if line.startswith("["):
            stanza = line.strip()[1:-1]
            assert stanza not in conf, f"{path}: [{stanza}] occurs twice"
            conf[stanza] = {}
            continue
        key, equals, value = line.partition("=")
        assert equals, f"{path}: neither stanza nor setting: {line}"
        assert key.strip() not in conf[stanza], f"{path}: [{stanza}] {key.strip()} occurs twice"
        conf[stanza][key.strip()] = value.strip()
    return conf


def read_spec(path: Path) -> Conf:
    """Return stanza -> key -> text of its `* Default:` line ("" where there is none)."""
    spec: Conf = {}
    stanza = key = ""
    for line in path.read_text().splitlines():
        setting = re.match(r"([A-Za-z_][\w.<>:-]*) = (<|\S)", line)
        default = re.match(r"\* Default: (.*)", line)
        if line.startswith("["):
            stanza = line.strip()[1:-1]
            spec[stanza] = {}
        elif setting:
            key = setting[1]
            assert key not in spec[stanza], f"{path}: [{stanza}] {key} occurs twice"
            spec[stanza][key] = ""
        elif default:
            spec[stanza][key] = default[1]
    return spec


def _lines(path: Path) -> list[str]:
    text = re.sub(r"\\\n", "", path.read_text())
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
