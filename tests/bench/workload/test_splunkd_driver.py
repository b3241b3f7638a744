"""The driver: rows go through real processes chunk by chunk, and a command that does not do its work is told on."""

import json
import sys
import time

import pytest

from loglm_bridge.bench.environment import PASS_THROUGH
from loglm_bridge.bench.workload import splunkd_driver, streams
from loglm_bridge.demo.splunkd import HEADER, SearchError

#: A command that answers every chunk with `body` after the work of its own that `extra` is.
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


def run(extra: str = "", after: str = "", rows: int = 700) -> splunkd_driver.Search:
    """Search through a command made of these lines."""
    code = COMMAND.format(path=sys.path, extra=extra or "pass", after=after)
    return splunkd_driver.search([sys.executable, "-c", code], [], streams.flows().events(0, rows), {})


def test_chunks_grow_as_splunkds_do_and_the_last_one_is_empty(tmp_path):
    note = f"open({str(tmp_path / 'sizes')!r}, 'a').write(json.dumps([len(lines) - bool(lines), finished]) + chr(10))"
    found = run(note, rows=4_000)
    said = [json.loads(line) for line in (tmp_path / "sizes").read_text().splitlines()]
    assert said == [[100, False], [500, False], [2_500, False], [900, False], [0, True]]
    assert found.rows == 4_000


def test_a_search_tells_what_it_took():
    found = splunkd_driver.search(
        PASS_THROUGH, [], streams.flows().events(0, 5_000), {"PYTHONPATH": ":".join(sys.path)}
    )
    assert found.rows == 5_000
    assert 0 < found.getinfo < found.first < found.seconds
    assert found.rate == 5_000 / (found.seconds - found.getinfo)
    assert found.cpu > 0
    assert found.driver_cpu < found.seconds
    if sys.platform == "linux":
        assert found.peak is not None
        assert 5e6 < found.peak < 500e6


def test_the_clock_stands_still_while_rows_are_made():
    def slow():
        for event in streams.flows().events(0, 300):
            time.sleep(0.005)
            yield event

    code, began = COMMAND.format(path=sys.path, extra="pass", after=""), time.monotonic()
    found = splunkd_driver.search([sys.executable, "-c", code], [], slow(), {})
    assert found.rows == 300
    assert time.monotonic() - began >= found.seconds + 300 * 0.005


@pytest.mark.parametrize(
    ("extra", "after", "told"),
    [
        ("lines = lines[:-1]", "", "went in and 99 came back"),
        ("lines[1:3] = [lines[2], lines[1]] if lines else []", "", "not these rows in their order"),
        ("lines = [line.replace('_chunked_idx', 'x') for line in lines]", "", "not these rows in their order"),
        ("metadata['error'] = 'no licence'", "", "no licence"),
        ("if len(lines) > 200: break", "", "no answer to execute"),
        ("", "sys.stdout.write('more')", "more than its answers"),
        ("", "sys.exit(3)", "ended with code 3"),
        ("lines = [lines[0].replace('host', 'loglm_status', 1), *lines[1:]] if lines else []", "", "without labels"),
    ],
)
def test_a_command_that_does_not_do_its_work_ends_the_benchmark(extra, after, told):
    with pytest.raises(SearchError, match=told):
        run(extra, after)


def test_a_command_that_cannot_be_started_ends_the_benchmark():
    with pytest.raises(SearchError, match="no answer to getinfo"):
        splunkd_driver.search([sys.executable, "-c", "pass"], [], streams.flows().events(0, 5), {})


def test_statuses_are_counted():
    body = b'_chunked_idx,loglm_status,_raw\n0,ok,"a\nb"\n1,empty,\n2,ok,c\n'
    assert splunkd_driver.check(body, 3) == {"ok": 2, "empty": 1}
    assert HEADER.fullmatch(b"chunked 1.0,3,4\n")
