"""The search of the demo: rows are joined to their labels, and a command that misbehaves is noticed."""

import sys

import pytest

from loglm_bridge.demo.search import run_search
from loglm_bridge.harness.splunkd import SearchError

ROWS = [{"_raw": f'event "{i}",\nsecond line', "_time": "1700000000.000", "host": "h"} for i in range(3)]

#: A command that answers as it should; each fault changes a line of it.
COMMAND = """
import csv, io, json, sys
def read():
    _, head, body = sys.stdin.buffer.readline().split(b",")
    return json.loads(sys.stdin.buffer.read(int(head))), sys.stdin.buffer.read(int(body)).decode()
def answer(metadata, body=""):
    head, body = json.dumps(metadata).encode(), body.encode()
    sys.stdout.buffer.write(b"chunked 1.0,%d,%d\\n" % (len(head), len(body)) + head + body)
    sys.stdout.buffer.flush()
info, _ = read()
answer({"type": "stateful", "required_fields": ["_raw", "absent"]})
metadata, body = read()
rows = list(csv.DictReader(io.StringIO(body, newline="")))
assert list(rows[0]) == ["_raw", "_chunked_idx", "__mv__raw", "__mv__chunked_idx"], rows[0]
for row in rows:
    row.update({"x": "a\\nb", "__mv_x": "$a$;$b$$c$", "args": " ".join(info["searchinfo"]["args"])})
out = io.StringIO()
writer = csv.DictWriter(out, rows[0])
writer.writeheader()
writer.writerows(rows)
answer({"finished": True, "inspector": {"messages": [["WARN", "a message"]]}}, out.getvalue())
"""


def command(fault=""):
    return [sys.executable, "-c", COMMAND.replace("writer.writeheader()", f"{fault}\nwriter.writeheader()")]


def test_rows_are_joined_to_their_labels_in_order():
    rows, messages = run_search(command(), ["top=3"], ROWS, {})
    assert rows == [{**row, "x": ["a", "b$c"], "args": "top=3"} for row in ROWS]
    assert messages == ["a message"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("rows.pop()", "3 rows were sent"),
        ("rows.reverse()", "3 rows were sent"),
        ("rows.append(rows[0])", "3 rows were sent"),
        ("for row in rows: row['_chunked_idx'] = 0", "3 rows were sent"),
        ("sys.exit(3)", "no answer to execute"),
        ("print('hello', flush=True)", "no answer to execute"),
        ("print('hello')", "more than its answers"),
        ("answer({'error': 'LogLM: no.', 'finished': True}); sys.exit()", "LogLM: no."),
        ("answer({'finished': False}); sys.exit()", "did not finish"),
        ("import atexit, os; atexit.register(os._exit, 5)", "code 5"),
    ],
)
def test_a_command_that_misbehaves_is_an_error(fault, message):
    with pytest.raises(SearchError, match=message):
        run_search(command(fault), [], ROWS, {})


def test_a_command_that_cannot_start_is_an_error():
    with pytest.raises(SearchError, match="no answer to getinfo"):
        run_search([sys.executable, "-c", ""], [], ROWS, {})
