"""Settings: the sidecar's from its configuration class, the app's from its .spec files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, NamedTuple

from docs.generate.markdown import code, sentence, table
from loglm_bridge.sidecar.config import Settings

_SPECS = Path(__file__).parents[2] / "app" / "README"

#: Defaults that depend on the machine or the user.
_COMPUTED = {
    "token_file": "`$XDG_STATE_HOME/loglm/token`, else `~/.local/state/loglm/token`",
    "workers": "the number of processors, at most 4",
}


class Key(NamedTuple):
    """One key of a .spec file."""

    stanza: str
    name: str
    values: str
    lines: tuple[str, ...]
    default: str


def sidecar() -> str:
    """Return the settings of `loglm serve`."""
    rows = ([code(f.name), _wanted(f), _default(f), sentence(f.metadata["help"])] for f in fields(Settings))
    return table(["key", "values", "default", "meaning"], rows)


def loglm_spec() -> str:
    """Return the keys of loglm.conf."""
    return _spec("loglm.conf.spec")


def inputs_spec() -> str:
    """Return the keys of a `loglm_input://` stanza."""
    return _spec("inputs.conf.spec")


def alert_spec() -> str:
    """Return the parameters of the alert action."""
    return _spec("alert_actions.conf.spec")


def savedsearches_spec() -> str:
    """Return the keys of a saved search."""
    return _spec("savedsearches.conf.spec")


def _wanted(field: Field[Any]) -> str:
    """Return which values a setting takes: what its parser says about a value that cannot be used."""
    if "Path" in str(field.type):
        return "a path"
    parse = next(entry for entry in field.metadata.values() if callable(entry))
    try:
        parse(object())
    except ValueError as wanted:
        return str(wanted)
    raise AssertionError(f"{field.name} takes any value")


def _default(field: Field[Any]) -> str:
    if field.name in _COMPUTED:
        return _COMPUTED[field.name]
    if field.default is MISSING or field.default is None or field.default == ():
        return "none"
    return code(f"{field.default}")


def _spec(name: str) -> str:
    text = (_SPECS / name).read_text(encoding="utf-8")
    parts = []
    for stanza, keys in _by_stanza([*_keys(text)]):
        rows = ([code(k.name), _values(k.values), _shown(k.default), _meaning(k)] for k in keys)
        parts += [f"### `[{stanza}]`", table(["key", "values", "default", "meaning"], rows)]
    return "\n\n".join(parts)


def _by_stanza(keys: list[Key]) -> Iterator[tuple[str, list[Key]]]:
    for stanza in dict.fromkeys(key.stanza for key in keys):
        yield stanza, [key for key in keys if key.stanza == stanza]


def _keys(text: str) -> Iterator[Key]:
    """Yield the keys of a .spec file; `* Default: x` and `* Required.` are taken out of a key's lines."""
    stanza = ""
    for block in re.split(r"\n\s*\n", text):
        heading = re.match(r"\[(.+)\]$", block.splitlines()[0])
        if heading:
            stanza = heading[1]
        head = re.search(r"^([A-Za-z][\w.]*) = (.+)$", block, re.MULTILINE)
        if head:
            lines = _bullets(block[head.end() :])
            default = next((line[9:] for line in lines if line.startswith("Default: ")), "")
            default = "required" if "Required." in lines else default
            shown = (line for line in lines if not line.startswith("Default: ") and line != "Required.")
            yield Key(stanza, head[1], head[2], tuple(shown), default)


def _bullets(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"^\* ", text, flags=re.MULTILINE) if part.strip()]


def _values(text: str) -> str:
    """Return what a key takes, a choice as one piece of code for each."""
    return ", ".join(code(part) for part in text.split(" | "))


def _meaning(key: Key) -> str:
    lines = (line if line.endswith(".") else f"{line}." for line in key.lines)
    return " ".join(lines).replace("<", "&lt;")


def _shown(default: str) -> str:
    return default if default in ("", "empty", "required") else code(default)
