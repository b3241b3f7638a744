"""The demo's report: every event and its techniques, within the width, colours only where they are wanted."""

import re

from loglm_bridge.demo import report
from tests.demo.labelled_rows import ROWS


def test_the_table_shows_every_event_and_its_techniques():
    text = "\n".join(report.table(ROWS, 200, colours=False))
    assert "\x1b" not in text
    assert "T1003.001 LSASS Memory 0.91, T1059 Command and Scripting Interpreter 0.20" in text
    assert all(row.sample.id in text for row in ROWS)
    assert max(map(len, report.table(ROWS, 70, colours=False))) <= 70


def test_colours_surround_the_verdict_only():
    plain, coloured = (list(report.table(ROWS, 100, colours=colours)) for colours in (False, True))
    assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in coloured] == plain
    assert sum("\x1b" in line for line in coloured) == 2


def test_the_summary_counts_rows_by_status_and_verdict():
    text = report.summary(ROWS, 1, 2.0)
    assert "3 events in, 3 rows out (2 ok, 1 empty)" in text
    assert "0 of 1 ordinary, 1 of 1 hostile" in text
