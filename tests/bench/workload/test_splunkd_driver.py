"""Timed searches: rows go through real processes chunk by chunk, and a command that fails ends the benchmark."""

import json
import sys
import time

import pytest

from loglm_bridge.bench.environment import PASS_THROUGH
from loglm_bridge.bench.workload import splunkd_driver, streams
from loglm_bridge.harness.splunkd import SearchError

#: A command that returns every chunk; `extra` is code for each chunk, `after` code at the end.
COMMAND = """
import json, sys
sys.path[:0] = {path!r}
from loglm_bridge.splunk.search.protocol import read_chunk
read_chunk(sys.stdin.buffer)
def answer(metadata, body):
    head = json.dumps(metadata).encode()
    sys.stdout.buffer.write(b"chunked 1.0,%d,%d\\n" % (len(head), len(body)) + head + body)
    sys.stdout.buffer.flush()
answer({{"type": "stateful"}}, b"")
finished = False
while not finished:
    metadata, body = read_chunk(sys.stdin.buffer)
    finished = metadata["finished"]
    metadata = {{"finished": finished}}
    lines = body.decode().splitlines(keepends=True)
    {extra}
    answer(metadata, "".join(lines).encode())
{after}
"""


def run(extra: str = "", after: str = "", rows: int = 700) -> splunkd_driver.SearchCost:
    """Run a search with a command that holds this code."""
    code = COMMAND.format(path=sys.path, extra=extra or "pass", after=after)
    return splunkd_driver.run_search([sys.executable, "-c", code], [], streams.flows().events(0, rows), {})


def test_chunks_grow_as_those_of_splunkd_and_the_last_one_is_empty(tmp_path):
    note = f"open({str(tmp_path / 'sizes')!r}, 'a').write(json.dumps([len(lines) - bool(lines), finished]) + chr(10))"
    cost = run(note, rows=4_000)
    sizes = [json.loads(line) for line in (tmp_path / "sizes").read_text().splitlines()]
    assert sizes == [[100, False], [500, False], [2_500, False], [900, False], [0, True]]
    assert cost.rows == 4_000


def test_the_cost_of_a_search_is_measured():
    cost = splunkd_driver.run_search(
        PASS_THROUGH, [], streams.flows().events(0, 5_000), {"PYTHONPATH": ":".join(sys.path)}
    )
    assert cost.rows == 5_000
    assert 0 < cost.getinfo < cost.first < cost.seconds
    assert cost.rate == cost.measurement.value == 5_000 / (cost.seconds - cost.getinfo)
    assert cost.cpu > 0
    assert cost.driver_cpu < cost.seconds
    if sys.platform == "linux":
        assert cost.peak is not None
        assert 5e6 < cost.peak < 500e6


def test_the_clock_does_not_run_while_rows_are_generated():
    def slow():
        for event in streams.flows().events(0, 300):
            time.sleep(0.005)
            yield event

    code, began = COMMAND.format(path=sys.path, extra="pass", after=""), time.monotonic()
    cost = splunkd_driver.run_search([sys.executable, "-c", code], [], slow(), {})
    assert cost.rows == 300
    assert time.monotonic() - began >= cost.seconds + 300 * 0.005


@pytest.mark.parametrize(
    ("extra", "after", "message"),
    [
        ("lines = lines[:-1]", "", "were sent and 99 came back"),
        ("lines[1:3] = [lines[2], lines[1]] if lines else []", "", "these rows in their order"),
        (
            "lines = [line.replace('_chunked_idx', 'x') for line in lines]",
            "",
            "these rows in their order",
        ),
        ("metadata['error'] = 'no licence'", "", "no licence"),
        ("if len(lines) > 200: break", "", "no answer to execute"),
        ("", "sys.stdout.write('more')", "more than its answers"),
        ("", "sys.exit(3)", "ended with code 3"),
        ("lines = [lines[0].replace('host', 'loglm_status', 1), *lines[1:]] if lines else []", "", "without labels"),
    ],
)
def test_a_command_that_misbehaves_ends_the_benchmark(extra, after, message):
    with pytest.raises(SearchError, match=message):
        run(extra, after)


def test_a_command_that_cannot_be_started_ends_the_benchmark():
    with pytest.raises(SearchError, match="no answer to getinfo"):
        splunkd_driver.run_search([sys.executable, "-c", "pass"], [], streams.flows().events(0, 5), {})


def test_statuses_are_counted():
    body = b'_chunked_idx,loglm_status,_raw\n0,ok,"a\nb"\n1,empty,\n2,ok,c\n'
    assert splunkd_driver.count_statuses(body, 3) == {"ok": 2, "empty": 1}
