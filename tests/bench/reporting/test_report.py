"""The table of figures."""

from loglm_bridge.bench.comparison import Figure
from loglm_bridge.bench.reporting import report


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
