"""The label cells of a row: what is remembered of a verdict is what would be written anew."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.splunk.columns import OUTPUTS
from loglm_bridge.splunk.label_cells import LabelCells
from loglm_bridge.splunk.options import SearchOptions
from loglm_bridge.splunk.rows import label_values
from loglm_bridge.splunk.table import cells_of
from tests.contract.test_wire import VERDICTS_OF_ALL_KINDS


@pytest.mark.parametrize("output", OUTPUTS)
@given(verdicts=st.lists(VERDICTS_OF_ALL_KINDS, min_size=1, max_size=4), threshold=st.none() | st.floats(0, 1))
def test_each_time_the_cells_are_those_of_the_verdict(output, verdicts, threshold):
    cells = LabelCells(SearchOptions(threshold, 3, "loglm_", output=output))
    for verdict in verdicts * 2:
        for model in ("a 1", "a 2"):
            (row,) = csv.reader(io.StringIO(cells.of(verdict, model), newline=""))
            values = label_values(verdict, model, output, threshold)
            assert row == [cell for value in values for cell in cells_of(value)]
