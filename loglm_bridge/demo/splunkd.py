"""splunkd's side of the chunked protocol, as far as one search of the demo needs it (reference/SPLUNK.md 1.1, 1.2)."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, Any

from loglm_bridge.contract.errors import LogLMError

Row = dict[str, str | list[str]]

#: The line before metadata and body of a record: their lengths.
HEADER = re.compile(rb"chunked 1\.0,(\d+),(\d+)\n")
_MV = "__mv_"
_MV_VALUE = re.compile(r"\$((?:\$\$|[^$])*)\$(?:;|\Z)")

#: The column by which splunkd joins answered rows to the ones it sent.
ROW_NUMBER = "_chunked_idx"


class SearchError(LogLMError):
    """The search command did not do what the protocol asks for, or said that it cannot go on."""

    code, status, hint = "search", 0, "run `loglm demo --keep` and look at the logs in the folder that it names"


def run_search(
    command: Sequence[str], args: Sequence[str], rows: Sequence[Mapping[str, str]], environment: Mapping[str, str]
) -> tuple[list[Row], list[str]]:
    """Run a search command over rows as splunkd does: getinfo, then one chunk that is the last.

    Only the fields that getinfo asks for are sent, and each answered row is joined to the one it came from by
    `_chunked_idx`. Returns the joined rows in order, and the messages that a user would see.

    Raises:
        SearchError: the command broke the protocol, stopped the search, or lost, added or moved a row.
    """
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment)) as process:  # noqa: S603 - our own command
        assert process.stdin is not None  # noqa: S101 - for the type checker: both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            info, _ = _ask(process.stdin, process.stdout, getinfo(args), b"")
            fields = [name for name in info.get("required_fields") or rows[0] if name in rows[0]]
            body = encode(rows, fields)
            metadata, answer = _ask(process.stdin, process.stdout, {"action": "execute", "finished": True}, body)
        finally:
            process.stdin.close()
        if process.stdout.read(1):
            raise SearchError("the command wrote more than its answers")
    if process.returncode or not metadata.get("finished"):
        raise SearchError(f"the command ended with code {process.returncode} and did not finish the search")
    return _join(rows, _decode(answer)), [text for _, text in metadata.get("inspector", {}).get("messages", [])]


def getinfo(args: Sequence[str]) -> dict[str, Any]:
    """Return the metadata of the first record: what splunkd says about a search with these arguments."""
    searchinfo = {
        "args": list(args),
        "raw_args": list(args),
        "sid": "loglm_demo.1",
        "command": "loglm",
        "earliest_time": "0",
        "latest_time": "0",
        "maxresultrows": 50_000,
        **dict.fromkeys(("app", "dispatch_dir", "owner", "search", "splunk_version", "username"), ""),
    }
    return {"action": "getinfo", "preview": False, "streaming_command_will_restart": False, "searchinfo": searchinfo}


def _ask(out: IO[bytes], answers: IO[bytes], metadata: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    head = json.dumps(metadata).encode()
    try:
        out.write(b"chunked 1.0,%d,%d\n" % (len(head), len(body)) + head + body)
        out.flush()
        found = HEADER.fullmatch(answers.readline(200))
    except BrokenPipeError:
        found = None
    if found is None:
        raise SearchError(f"no answer to {metadata['action']}")
    answer, rows = (answers.read(int(size)) for size in found.groups())
    said: dict[str, Any] = json.loads(answer)
    if "error" in said:
        raise SearchError(str(said["error"]))
    return said, rows


def encode(rows: Sequence[Mapping[str, str]], fields: Sequence[str]) -> bytes:
    """Return the body of a chunk: the fields of the rows, no multivalue, the rows numbered."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*fields, *(_MV + name for name in fields), ROW_NUMBER])
    writer.writerows([*(row[name] for name in fields), *("" for _ in fields), i] for i, row in enumerate(rows))
    return text.getvalue().encode("utf-8", "replace")


def _decode(body: bytes) -> list[Row]:
    csv.field_size_limit(2**31 - 1)
    rows: list[Row] = []
    for cells in csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")):
        row: Row = {name: value for name, value in cells.items() if not name.startswith(_MV)}
        for name in list(row):
            values = _MV_VALUE.findall(cells.get(_MV + name) or "")
            if values:
                row[name] = [value.replace("$$", "$") for value in values]
        rows.append(row)
    return rows


def _join(rows: Sequence[Mapping[str, str]], answered: Sequence[Row]) -> list[Row]:
    numbers = [row.pop(ROW_NUMBER, None) for row in answered]
    if numbers != [str(i) for i in range(len(rows))]:
        raise SearchError(f"{len(rows)} rows went in, and what came back is not these rows in their order")
    return [{**row, **labels} for row, labels in zip(rows, answered, strict=True)]
