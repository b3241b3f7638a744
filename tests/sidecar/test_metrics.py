"""The exposition that Prometheus reads; counters accept only declared label values."""

import re

import pytest

from loglm_bridge.contract.wire import ModelId
from loglm_bridge.sidecar.metrics import Counter, Histogram, Metrics

SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="(\\.|[^"\\\n])*"(,[a-z0-9]+="(\\.|[^"\\\n])*")*\})? -?[0-9.e+]+')


def test_a_counter_counts_declared_values_only():
    counter = Counter("n_total", "Description.", "kind", ("a", "b"))
    counter.add("b")
    counter.add("b", 2)
    assert counter.lines() == [
        "# HELP n_total Description.",
        "# TYPE n_total counter",
        'n_total{kind="a"} 0',
        'n_total{kind="b"} 3',
    ]
    with pytest.raises(KeyError):
        counter.add("c")


def test_a_histogram_is_cumulative_and_its_bounds_are_inclusive():
    histogram = Histogram("s", "Description.")
    for seconds in (0.001, 0.0011, 7.0, 99.0):
        histogram.add(seconds)
    lines = histogram.lines()
    assert 's_bucket{le="0.001"} 1' in lines
    assert 's_bucket{le="0.0025"} 2' in lines
    assert 's_bucket{le="10.0"} 3' in lines
    assert 's_bucket{le="+Inf"} 4' in lines
    assert lines[-2:] == ["s_sum 106.002100", "s_count 4"]


def test_every_line_of_the_exposition_is_well_formed():
    metrics = Metrics()
    metrics.gauges["flag"] = ("Description.", lambda: True)
    text = metrics.expose(ModelId('a"b', "1\\", "n\n"), {"form_cache_hits": 5, "form_cache_bytes": 6})
    assert text.endswith("\n")
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    for line in text.splitlines():
        assert line.startswith("# ") or SAMPLE.fullmatch(line), line
    assert "flag 1.0" in text
    assert r'loglm_model_info{name="a\"b",version="1\\",sha256="n\n"} 1' in text
    assert "process_resident_memory_bytes" in text
    assert "# TYPE loglm_form_cache_hits counter\nloglm_form_cache_hits 5\n" in text
    assert "# TYPE loglm_form_cache_bytes gauge\nloglm_form_cache_bytes 6\n" in text


def test_without_a_model_there_is_no_model_sample():
    assert "model_info" not in Metrics().expose(None, {})
