"""Figures and their table."""

from loglm_bridge.bench.reporting import comparison, report
from loglm_bridge.bench.reporting.comparison import Figure


def test_ratios_are_taken_round_by_round():
    ours, base = [(10.0, 1.0), (30.0, 3.0), (20.0, 2.0)], [(20.0, 0.0), (120.0, 0.0), (20.0, 0.0)]
    found = comparison.compared("part", "what", "stream", "rows/s", ours, "base", base)
    assert (found.value, found.baseline, found.ratio) == (20, 20, 0.5)
    assert (found.cpu, found.baseline_cpu) == (2, None)
    assert (found.runs, found.baseline_runs) == ((10, 30, 20), (20, 120, 20))


def test_rounds_are_interleaved_and_every_other_one_is_turned_round():
    order: list[str] = []

    def run(name: str):
        return lambda number: (order.append(f"{name}{number}"), (float(number), 0.0))[1]

    found = comparison.interleaved(3, {"a": run("a"), "b": run("b")})
    assert order == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert found["b"] == [(0, 0), (1, 0), (2, 0)]


def test_the_table_has_a_line_for_each_figure():
    lines = [
        report.line(
            Figure("command", "| loglm", "flows", "rows/s", 3_512.4, "pass-through", 21_000.0, 0.167, 301.2, 45.6),
            {"flows": (1.0, 0.3125)},
        ),
        report.line(Figure("minilm", "new", "distinct", "events/s", None, note="it is not installed"), {}),
        report.line(Figure("latency", "p99", "", "ms", 1.234, note="at 5"), {}),
    ]
    assert lines == [
        r"| command | \| loglm | flows | 1.00 / 0.312 | 3,512 rows/s | pass-through 21,000 | 0.167 | 301 / 45.6 |",
        "| minilm | new | distinct | - | it is not installed | - | - | - |",
        "| latency | p99 | - | - | 1.23 ms (at 5) | - | - | - |",
    ]
