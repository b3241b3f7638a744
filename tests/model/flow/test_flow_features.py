"""Numbers of flows: whole, each window's its own, and the same whatever the addresses are called."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.limits import MAX_WINDOW_EVENTS
from loglm_bridge.model.flow.flow_event import COUNTERS, MAX_COUNTER, FlowEvent
from loglm_bridge.model.flow.flow_features import CONTEXT_FEATURES, FEATURES, window_features
from loglm_bridge.model.flow.flow_records import OWN_FEATURES

COUNTER = st.one_of(st.integers(0, 3_000), st.integers(0, MAX_COUNTER))
PORT = st.one_of(st.sampled_from([0, 53, 80, 443, 8080, 49_999]), st.integers(0, 65_535))
ADDRESS = st.sampled_from(["10.0.0.1", "10.0.0.2", "203.0.113.1", "203.0.113.2", "224.0.0.5", ""])
FLOW = st.builds(FlowEvent, st.floats(0, 1e10), ADDRESS, PORT, ADDRESS, PORT, st.tuples(*[COUNTER] * len(COUNTERS)))
WINDOW = st.lists(FLOW, min_size=1, max_size=MAX_WINDOW_EVENTS).map(lambda steps: sorted(steps, key=lambda s: s.time))


def told(window):
    return window_features([window])


def column(window, name):
    return told(window)[:, FEATURES.index(name)].tolist()


def steps(*changes, **same):
    plain = FlowEvent(0.0, "10.0.0.1", 50_000, "203.0.113.1", 443, (800, 2_400, 6, 7, 250_000))
    return [plain._replace(time=10.0 * i, **{**same, **change}) for i, change in enumerate(changes)]


@given(st.lists(WINDOW, min_size=1, max_size=6))
def test_a_windows_rows_do_not_depend_on_the_others(windows):
    together = window_features(windows)
    assert together.shape == (sum(map(len, windows)), len(FEATURES))
    assert np.array_equal(together, np.concatenate([told(window) for window in windows]))


@given(WINDOW)
def test_every_number_is_whole_and_exact_in_float32(window):
    found = told(window)
    assert (np.rint(found) == found).all()
    assert np.abs(found).max() < 1 << 24


@given(WINDOW)
def test_addresses_are_compared_not_read(window):
    other = {"10.0.0.1": "192.168.7.7", "10.0.0.2": "172.16.1.1", "203.0.113.1": "8.8.8.8", "203.0.113.2": "1.1.1.1"}
    redrawn = [s._replace(src=other.get(s.src, s.src), dest=other.get(s.dest, s.dest)) for s in window]
    assert np.array_equal(told(window), told(redrawn))


@given(WINDOW, st.integers(0, 10**6))
def test_the_hour_does_not_matter(window, later):
    whole = [s._replace(time=float(int(s.time))) for s in window]
    assert np.array_equal(told(whole), told([s._replace(time=s.time + later) for s in whole]))


def test_the_second_is_the_one_that_has_begun():
    def apart(first, second):
        return column([FlowEvent(first), FlowEvent(second)], "pace")

    assert apart(0.0, 59.999) == apart(0.0, 59.0) == apart(-0.5, 58.0) < apart(0.0, 71.0)
    assert apart(5.0, 5.9) == [0, 0]
    assert apart(-1e300, 1e300) == apart(-float(1 << 50), float(1 << 50))


def test_no_flows_have_no_rows():
    assert window_features([]).shape == (0, len(FEATURES))


def test_sizes_stand_in_quarter_octaves():
    sizes = [0, 1, 2, 1_024, 1_100, 1_300, 2_048]
    told_as = column(steps(*({"counters": (size, 0, 1, 0, 0)} for size in sizes[3:])), "fwd_bytes")
    assert told_as[0] == told_as[1] == told_as[2] - 1 == told_as[3] - 4
    assert column(steps({"counters": (0, 0, 1, 0, 0)}), "fwd_bytes") == [0]


def test_padding_counts_as_no_payload():
    assert column(steps({"counters": (12, 0, 2, 0, 0)}, {"counters": (13, 0, 2, 0, 0)}), "fwd_bytes")[0] == 0
    assert column(steps({"counters": (13, 0, 2, 0, 0)}), "fwd_bytes") > [0]


def test_a_beats_pace_is_that_of_its_gaps():
    beat = column(steps(*[{}] * 20), "pace")
    assert len(set(beat)) == 1
    assert column(steps({}), "pace") == [-1]
    halved = [s._replace(time=s.time / 2) for s in steps(*[{}] * 20)]
    assert set(column(halved, "pace")) == {beat[0] - 4}


def test_shares_and_repeats_are_those_of_the_window():
    silent = {"counters": (0, 0, 1, 0, 0)}
    window = steps({}, {}, silent, {**silent, "dest_port": 22})
    assert column(window, "flows") == [4] * 4
    assert column(window, "silent") == column(window, "empty") == [8] * 4
    assert column(window, "distinct") == column(window, "alike") == [8] * 4
    assert column(window, "dest_ports") == [8] * 4
    assert column(window, "dest_port_alike") == [12, 12, 12, 4]


def test_columns_are_named_once_each():
    assert len(set(FEATURES)) == len(OWN_FEATURES) + len(CONTEXT_FEATURES)
