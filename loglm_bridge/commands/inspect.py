"""`loglm inspect`: how each event is read, as a table for people or as JSON lines."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.event_files import Item, read_items

#: Characters of a value in the table.
_MAX_VALUE = 70


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `loglm inspect`."""
    parser.description = (
        "Shows how each event is read: format, family, kind, each field and what becomes of it, its canonical form, "
        "tokens used of the limit, derived fields and the rules that match. A table on a terminal; JSON lines with "
        "--json or where the output is a pipe."
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="files of events; default, and -: standard input")
    parser.add_argument("--json", action="store_true", help="JSON lines, also on a terminal")
    parser.add_argument("--cut", action="store_true", help="only count which fields find no room among the tokens")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; default: the promoted or shipped one")
    add_state_dir(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Inspect the files. Raises LogLMError where the model or a file cannot be used."""
    from loglm_bridge.model.inspection import Inspector, load_inspector  # numpy takes a second to import
    from loglm_bridge.model.registry import default_folder

    inspector: Inspector = load_inspector(args.model or default_folder())
    rows = ((item, _inspected(item, inspector.inspect)) for item in read_items(args.files or ["-"]))
    if args.cut:
        return _print_cut(rows)
    as_json = args.json or not sys.stdout.isatty()
    for item, row in rows:
        print(json.dumps({"id": item.id, **row}, ensure_ascii=True) if as_json else _table(item, row))
    return 0


def _inspected(item: Item, inspect: Any) -> dict[str, Any]:
    if item.event is None:
        return {"status": "error", "detail": item.problem, "fields": [], "canonical": ""}
    event: Event = item.event
    row: dict[str, Any] = inspect(event).to_dict()
    return row


def _table(item: Item, row: dict[str, Any]) -> str:
    """Return the reading of one event as lines for people."""
    if row["status"] == "error":
        return f"{item.id}: {row['detail']}\n"
    lines = [
        f"{item.id}: {row['family']} {row['kind']}".rstrip() + f"  (format {row['format']}, {row['status']})",
        f"  {'field':<28} {'logged':<40} becomes",
    ]
    lines += [_field_line(reading) for reading in row["readings"]]
    lines += [f"  loglm.{name:<22} {value}" for name, value in row["derived"]]
    tokens = row["tokens"]
    cut = f"; cut: {', '.join(tokens['cut'])}" if tokens["cut"] else ""
    lines.append(f"  tokens {tokens['used']} of {tokens['limit']}{cut}")
    lines += [f"  rule {r['level']:<14} {r['id']} {' '.join(r['techniques'])}" for r in row["rules"]]
    lines.append(f"  {one_line(row['canonical'], 2_000)}")
    return "\n".join(lines) + "\n"


def _field_line(reading: dict[str, str]) -> str:
    becomes = f"{reading['canonical']}={_short(reading['value'])}" if reading["canonical"] else ""
    fate = "" if reading["fate"] == "kept" else f"({reading['fate']})"
    return f"  {_short(reading['name'], 28):<28} {_short(reading['logged'], 40):<40} {becomes} {fate}".rstrip()


def _short(text: str, most: int = _MAX_VALUE) -> str:
    flat = one_line(text, most + 1)
    return flat if len(flat) <= most else flat[: most - 3] + "..."


def _print_cut(rows: Iterator[tuple[Item, dict[str, Any]]]) -> int:
    """Count by family and kind the events that lose fields to the limit, and which fields."""
    events: Counter[str] = Counter()
    losing: Counter[str] = Counter()
    fields: Counter[tuple[str, str]] = Counter()
    for _, row in rows:
        if row["status"] != "ok":
            continue
        family = row["family"]
        events[family] += 1
        losing[family] += bool(row["tokens"]["cut"])
        fields.update((family, name) for name in row["tokens"]["cut"])
    for family, number in events.most_common():
        named = ", ".join(f"{name} {n}" for (own, name), n in fields.most_common() if own == family)
        print(f"{family}: {losing[family]:,} of {number:,} events are cut{f' ({named})' if named else ''}"[:300])
    return 0
