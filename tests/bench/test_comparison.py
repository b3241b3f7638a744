"""Figures: medians of rounds beside their baseline, rounds interleaved."""

from loglm_bridge.bench import comparison
from loglm_bridge.bench.comparison import Measurement


def test_ratios_are_taken_round_by_round():
    ours = [Measurement(10.0, 1.0), Measurement(30.0, 3.0), Measurement(20.0, 2.0)]
    base = [Measurement(20.0), Measurement(120.0), Measurement(20.0)]
    figure = comparison.compare("part", "what", "stream", "rows/s", ours, "base", base)
    assert (figure.value, figure.baseline, figure.ratio) == (20, 20, 0.5)
    assert (figure.cpu, figure.baseline_cpu) == (2, None)
    assert (figure.runs, figure.baseline_runs) == ((10, 30, 20), (20, 120, 20))


def test_rounds_are_interleaved_and_every_other_one_is_reversed():
    order: list[str] = []

    def measure(name: str):
        return lambda number: (order.append(f"{name}{number}"), Measurement(float(number)))[1]

    results = comparison.run_interleaved(3, {"a": measure("a"), "b": measure("b")})
    assert order == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert results["b"] == [(0, 0), (1, 0), (2, 0)]
