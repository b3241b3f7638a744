"""One search of the demo: all sample rows in one chunk, joined to the labels as splunkd joins them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from loglm_bridge.harness import splunkd
from loglm_bridge.harness.splunkd import ROW_NUMBER, Row, SearchError, SearchProcess


def run_search(
    command: Sequence[str], args: Sequence[str], rows: Sequence[Mapping[str, str]], env: Mapping[str, str]
) -> tuple[list[Row], list[str]]:
    """Run a search command over rows as splunkd does: getinfo, then one chunk that is the last.

    Only the fields that getinfo asks for are sent. Each row of the answer is joined to the row it came from by
    `_chunked_idx`. Returns the joined rows in order, and the messages that a user would see.

    Raises:
        SearchError: the command broke the protocol, stopped the search, or lost, added or moved a row.
    """
    with SearchProcess(command, env) as search:
        head, _ = search.ask(splunkd.getinfo(args))
        splunkd.raise_error(head)
        fields = [name for name in json.loads(head).get("required_fields") or rows[0] if name in rows[0]]
        numbered = [{**row, ROW_NUMBER: str(number)} for number, row in enumerate(rows)]
        body = splunkd.encode_rows(numbered, [*fields, ROW_NUMBER])
        head, answer = search.ask({"action": "execute", "finished": True}, body)
        splunkd.raise_error(head)
        search.close_input()
        code = search.process.wait()
    metadata = json.loads(head)
    if code or not metadata.get("finished"):
        raise SearchError(f"the command ended with code {code} and did not finish the search")
    return _join(rows, splunkd.decode_rows(answer)), [text for _, text in splunkd.messages(metadata)]


def _join(rows: Sequence[Mapping[str, str]], answered: Sequence[Row]) -> list[Row]:
    numbers = [row.pop(ROW_NUMBER, None) for row in answered]
    if numbers != [str(i) for i in range(len(rows))]:
        raise SearchError(f"{len(rows)} rows were sent; the answer does not hold these rows in their order")
    return [{**row, **labels} for row, labels in zip(rows, answered, strict=True)]
