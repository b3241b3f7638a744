"""Promise P1 of docs/dev/faults.md: rows returned equal rows sent, in order, for any rows and any fault."""

import io
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loglm_bridge.contract.verdict import ROW_STATUSES
from loglm_bridge.splunk.config.app_log import open_log
from loglm_bridge.splunk.rows.columns import OUTPUTS, column_names
from loglm_bridge.splunk.search.command import LogLMCommand
from loglm_bridge.splunk.search.process import run
from tests.splunk.rows.strategies import CELL, TEXT
from tests.splunk.splunkd import decode_rows, encode_rows, frame, warnings

FAULTS = ["", "busy", "loading", "model_error", "mismatch", "fewer", "html", "foreign", "api", "redirect", "too_large"]
CELLS = st.one_of(CELL, st.sampled_from(["", "mimikatz", "whoami", "\ufffd"]))
COLUMNS = st.lists(
    st.one_of(st.sampled_from(["_raw", "_time", "host", "loglm_status", "loglm_technique_id"]), TEXT),
    unique=True,
    max_size=6,
).map(lambda names: [name for name in names if not name.startswith("__mv_")] or ["_raw"])


@st.composite
def chunks(draw):
    """Draw chunks of rows, each with its own columns, as after `append`."""
    drawn = []
    for _ in range(draw(st.integers(1, 3))):
        names = draw(COLUMNS)
        drawn.append((names, draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), max_size=8))))
    return drawn


def answers(stream):
    """Yield all records that the command wrote."""
    data = stream.getvalue()
    while data:
        header, _, data = data.partition(b"\n")
        sizes = [int(size) for size in header.split(b",")[1:]]
        yield data[: sizes[0]], data[sizes[0] : sum(sizes)]
        data = data[sum(sizes) :]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=chunks(), output=st.sampled_from(OUTPUTS), fault=st.sampled_from(FAULTS), times=st.integers(0, 5))
def test_rows_returned_equal_rows_sent(chunks, output, fault, times, fake_sidecar, app_at):
    fake_sidecar.fault(fault, times, 2 if fault == "too_large" else 0)
    app = app_at(fake_sidecar.port, sidecar="batch_events = 3")
    info = {"args": [f"output={output}"], "sid": "1"}
    stream = frame({"action": "getinfo", "searchinfo": info})
    for i, (names, rows) in enumerate(chunks):
        stream += frame({"action": "execute", "finished": i == len(chunks) - 1}, encode_rows(rows, names))
    out = io.BytesIO()
    run(LogLMCommand(app), lambda: open_log("loglm"), io.BytesIO(stream), out)
    drawn = [(decode_json(head), decode_rows(body)) for head, body in answers(out)][1:]
    written = column_names("loglm_", output)
    statuses = []
    for (_, rows), (metadata, labelled) in zip(chunks, drawn, strict=True):
        assert "error" not in metadata
        assert [own_columns(row, written) for row in labelled] == [own_columns(row, written) for row in rows]
        assert all(set(written) <= set(row) for row in labelled)
        statuses += [row["loglm_status"] for row in labelled]
    assert set(statuses) <= set(ROW_STATUSES)
    check_message(drawn[-1][0], statuses)


def own_columns(row, written):
    """Return a row without the label columns."""
    return {name: value for name, value in row.items() if name not in written}


def decode_json(head):
    """Return metadata as an object."""
    return json.loads(head)


def check_message(metadata, statuses):
    """Check that there is one message if a row has no label, and that it counts the statuses of the rows."""
    message = warnings(metadata)
    unlabelled = [status for status in statuses if status != "ok"]
    assert len(message) == bool(unlabelled)
    counted = sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]+) of [\d,]+ events", "".join(message)))
    assert counted == len(unlabelled)
