"""Features of flows: integers, independent of other windows, and of the addresses themselves."""

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
WINDOW = st.lists(FLOW, min_size=1, max_size=MAX_WINDOW_EVENTS).map(lambda flows: sorted(flows, key=lambda f: f.time))


def features_of(window):
    return window_features([window])


def column(window, name):
    return features_of(window)[:, FEATURES.index(name)].tolist()


def flows(*changes, **same):
    plain = FlowEvent(0.0, "10.0.0.1", 50_000, "203.0.113.1", 443, (800, 2_400, 6, 7, 250_000))
    return [plain._replace(time=10.0 * i, **{**same, **change}) for i, change in enumerate(changes)]


@given(st.lists(WINDOW, min_size=1, max_size=6))
def test_features_of_a_window_do_not_depend_on_other_windows(windows):
    together = window_features(windows)
    assert together.shape == (sum(map(len, windows)), len(FEATURES))
    assert np.array_equal(together, np.concatenate([features_of(window) for window in windows]))


@given(WINDOW)
def test_every_feature_is_an_integer_that_float32_represents(window):
    features = features_of(window)
    assert (np.rint(features) == features).all()
    assert np.abs(features).max() < 1 << 24


@given(WINDOW)
def test_addresses_are_compared_but_not_read(window):
    other = {"10.0.0.1": "192.168.7.7", "10.0.0.2": "172.16.1.1", "203.0.113.1": "8.8.8.8", "203.0.113.2": "1.1.1.1"}
    renamed = [s._replace(src=other.get(s.src, s.src), dest=other.get(s.dest, s.dest)) for s in window]
    assert np.array_equal(features_of(window), features_of(renamed))


@given(WINDOW, st.integers(0, 10**6))
def test_a_shift_in_time_does_not_matter(window, later):
    whole = [s._replace(time=float(int(s.time))) for s in window]
    assert np.array_equal(features_of(whole), features_of([s._replace(time=s.time + later) for s in whole]))


def test_times_are_rounded_down_to_seconds():
    def pace(first, second):
        return column([FlowEvent(first), FlowEvent(second)], "pace")

    assert pace(0.0, 59.999) == pace(0.0, 59.0) == pace(-0.5, 58.0) < pace(0.0, 71.0)
    assert pace(5.0, 5.9) == [0, 0]
    assert pace(-1e300, 1e300) == pace(-float(1 << 50), float(1 << 50))


def test_no_flows_give_no_rows():
    assert window_features([]).shape == (0, len(FEATURES))


def test_sizes_are_in_quarter_octaves():
    sizes = [0, 1, 2, 1_024, 1_100, 1_300, 2_048]
    values = column(flows(*({"counters": (size, 0, 1, 0, 0)} for size in sizes[3:])), "fwd_bytes")
    assert values[0] == values[1] == values[2] - 1 == values[3] - 4
    assert column(flows({"counters": (0, 0, 1, 0, 0)}), "fwd_bytes") == [0]


def test_padding_counts_as_no_payload():
    assert column(flows({"counters": (12, 0, 2, 0, 0)}, {"counters": (13, 0, 2, 0, 0)}), "fwd_bytes")[0] == 0
    assert column(flows({"counters": (13, 0, 2, 0, 0)}), "fwd_bytes") > [0]


def test_the_pace_is_the_mean_gap():
    regular = column(flows(*[{}] * 20), "pace")
    assert len(set(regular)) == 1
    assert column(flows({}), "pace") == [-1]
    halved = [s._replace(time=s.time / 2) for s in flows(*[{}] * 20)]
    assert set(column(halved, "pace")) == {regular[0] - 4}


def test_shares_and_repeats_are_counted_within_the_window():
    silent = {"counters": (0, 0, 1, 0, 0)}
    window = flows({}, {}, silent, {**silent, "dest_port": 22})
    assert column(window, "flows") == [4] * 4
    assert column(window, "silent") == column(window, "empty") == [8] * 4
    assert column(window, "distinct") == column(window, "alike") == [8] * 4
    assert column(window, "dest_ports") == [8] * 4
    assert column(window, "dest_port_alike") == [12, 12, 12, 4]


def test_feature_names_are_distinct():
    assert len(set(FEATURES)) == len(OWN_FEATURES) + len(CONTEXT_FEATURES)
