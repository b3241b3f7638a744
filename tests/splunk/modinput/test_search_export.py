"""The answer of search/v2/jobs/export."""

import io
import json

import pytest

from loglm_bridge.splunk.config.splunkd_rest import SplunkdError
from loglm_bridge.splunk.modinput.answer.export_answer import ExportStream


def answer(*lines):
    return ExportStream(io.BytesIO("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines).encode()))


def result(number, last=False, **fields):
    return {"preview": False, "offset": number, **({"lastrow": True} if last else {}), "result": fields}


def test_row_values_are_lists_of_texts():
    (row,) = answer(result(0, last=True, a="1", b=["x", "y"], c=None, d=5))
    assert row == {"a": ["1"], "b": ["x", "y"], "d": ["5"]}


def test_answer_in_several_parts():
    stream = answer(result(0, last=True, a="1"), "", result(0, a="2"), result(1, last=True, a="3"))
    assert [row["a"] for row in stream] == [["1"], ["2"], ["3"]]


def test_end_mark_alone_means_no_events():
    stream = answer('{"preview":false,"lastrow":true}')
    assert list(stream) == []


@pytest.mark.parametrize("lines", [(), ("",), ("\ufeff",), ('{"messages":[{"type":"INFO","text":"x"}]}',)])
def test_empty_answer_does_not_mean_no_events(lines):
    with pytest.raises(SplunkdError, match="is empty"):
        list(answer(*lines))


@pytest.mark.parametrize(
    "lines",
    [
        (result(0, a="1"),),
        (result(0, a="1"), '{"messages":[{"type":"FATAL","text":"died"}]}'),
        (result(0, a="1"), '{"preview":fal'),
        ("[1, 2]",),
        ("[" * 100_000,),
        ('{"messages":[{"type":"ERROR","text":"died"}]}',),
        ('{"messages":[{"type":"WARN","text":"Search results may be incomplete"}]}', result(0, last=True, a="1")),
        ('{"messages":[{"type":"WARN","text":"Unable to distribute to peer named idx1"}]}',),
    ],
)
def test_incomplete_answer_is_refused(lines):
    with pytest.raises(SplunkdError):
        list(answer(*lines))


def test_other_messages_are_ignored():
    stream = answer('{"messages":[{"type":"WARN","text":"deprecated field"}]}', result(0, last=True, a="1"))
    assert len(list(stream)) == 1


def test_recorded_answer(shared):
    path = shared / "recordings/rest-results/java-results_resultsExport.json"
    if not path.is_file():
        pytest.skip("recordings/rest-results is absent")
    rows = list(ExportStream(io.BytesIO(path.read_bytes())))
    assert len(rows) == 5
    assert rows[-1]["host"] == ["three.four.com"]


def test_memory_does_not_grow_with_the_answer():
    """Each line is released before the next is read, so a stream of 200 MB needs little memory."""

    class Endless(io.RawIOBase):
        def __init__(self):
            super().__init__()
            self.remaining = 20_000
            self.rest = b""

        def readable(self):
            return True

        def readinto(self, into):
            if not self.rest:
                self.remaining -= 1
                if self.remaining < 0:
                    return 0
                self.rest = (json.dumps(result(1, last=self.remaining == 0, _raw="x" * 10_000)) + "\n").encode()
            size = min(len(into), len(self.rest))
            into[:size], self.rest = self.rest[:size], self.rest[size:]
            return size

    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in ExportStream(Endless())) == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
