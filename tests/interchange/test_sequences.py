"""Sequences of vigil: windows of pairs, with the types that vigil converts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.interchange import sequences
from tests.interchange.scored_events import FLOW, any_event, scored


def written(path, events):
    """The rows as vigil reads them: in batches of columns, as Python values."""
    pq = pytest.importorskip("pyarrow.parquet")
    count = sequences.write(events, path)
    columns = [batch.to_pydict() for batch in pq.ParquetFile(path).iter_batches(batch_size=1000)]
    rows = [dict(zip(batch, values, strict=True)) for batch in columns for values in zip(*batch.values(), strict=True)]
    assert len(rows) == count
    return rows


def test_a_sequence_is_a_window_of_a_pair_with_its_worst_event(tmp_path):
    other = FLOW.replace("203.0.113.9", "203.0.113.10")
    events = [scored(time=t, score=s) for t, s in ((2000.0, 0.1), (1000.0, 0.9), (9000.0, 0.2))]
    rows = written(tmp_path / "s.parquet", [*events, scored(other, 1500.0, 0.3), scored("no ends at all")])
    first = rows[0]
    assert (first["focal_ip"], first["engaged_ip"], first["row_count"]) == ("10.0.0.5", "203.0.113.9", 2)
    assert (first["event_start_time"], first["event_end_time"]) == (1_000_000, 2_000_000)
    assert (first["incident_pred"], first["mitre_pred"], first["severity"]) == (1, 7, "critical")
    assert first["embedding"] == pytest.approx([0.6, 0.8])
    assert [(row["incident_pred"], row["mitre_pred"]) for row in rows[1:]] == [(0, None), (0, None)]
    assert len({row["sequence_id"] for row in rows}) == 3


@given(events=st.lists(any_event, min_size=1, max_size=4))
def test_sequences_have_the_types_that_vigil_converts(tmp_path_factory, events):
    for row in written(tmp_path_factory.mktemp("sequences") / "s.parquet", [scored(), *events]):
        for name in ("event_start_time", "event_end_time"):
            assert type(row[name]) is int
            assert datetime.fromtimestamp(row[name] / 1000, UTC)
        assert row["event_start_time"] <= row["event_end_time"]
        assert all(type(row[name]) is str for name in ("sequence_id", "focal_ip", "engaged_ip", "severity"))
        assert all(type(number) is float for number in row["embedding"])
        assert row["incident_pred"] in (0, 1)
        assert row["mitre_pred"] is None or row["mitre_pred"] in range(13)
        assert 0.0 <= row["confidence_score"] <= 1.0
        assert row["row_count"] >= 1
        # in vigil these are labels of a data set and clusters
        assert row["malicious"] is None
        assert row["attack_id"] is None
