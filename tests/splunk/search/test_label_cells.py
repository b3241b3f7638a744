"""The label cells of a row: cached templates give the same cells as writing them anew."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.splunk.rows.columns import OUTPUTS
from loglm_bridge.splunk.rows.row_mapping import label_values
from loglm_bridge.splunk.rows.table import cells_of
from loglm_bridge.splunk.search import label_cells
from loglm_bridge.splunk.search.label_cells import LabelCells
from loglm_bridge.splunk.search.options import SearchOptions
from tests.contract.strategies import ANY_VERDICTS, UNIT


@pytest.mark.parametrize("output", OUTPUTS)
@given(
    drawn=st.lists(st.tuples(ANY_VERDICTS, UNIT, UNIT), min_size=1, max_size=4),
    threshold=st.none() | UNIT,
)
def test_cells_from_a_template_equal_those_of_the_verdict(output, drawn, threshold):
    cells = LabelCells(SearchOptions(threshold, 3, "loglm_", output=output))
    verdicts = [verdict for verdict, _, _ in drawn]
    others = [verdict._replace(score=score, novelty=novelty) for verdict, score, novelty in drawn]
    for verdict in verdicts + others + verdicts:
        for model in ("a 1", "a 2"):
            (row,) = csv.reader(io.StringIO(cells.labelled(verdict, model), newline=""))
            values = label_values(verdict, model, output, threshold)
            assert row == [cell for value in values for cell in cells_of(value)]


def test_templates_are_bounded(monkeypatch):
    monkeypatch.setattr(label_cells, "_MAX_TEMPLATES", 3)
    cells = LabelCells(SearchOptions(None, 3, "loglm_"))
    for i in range(20):
        assert f"because {i}" in cells.labelled(Verdict("empty", detail=f"because {i}"), "m")
        assert len(cells._templates) <= 3
