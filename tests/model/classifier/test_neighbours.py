"""Neighbours: the nearest recordings by cosine, each once, the same from any file."""

import json

import numpy as np
import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.neighbours import Neighbours, Recording, no_neighbours

VECTORS = np.array([[127, 0], [120, 5], [0, 127], [-127, 0]], np.int8)
KEPT = Neighbours(VECTORS, np.array([0, 0, 1, 2], np.int32), [Recording(f"s/{i}", (f"T100{i}",)) for i in range(3)])


def test_each_recording_is_named_once_the_nearest_first():
    found = KEPT.nearest(np.array([3.0, 0.3], np.float32))
    assert [f["id"] for f in found] == ["s/0", "s/1", "s/2"]
    assert found[0]["techniques"] == ["T1000"]
    assert found[0]["similarity"] == pytest.approx(1.0, abs=0.01)
    assert found[2]["similarity"] == pytest.approx(-0.995, abs=0.01)
    assert len(KEPT.nearest(VECTORS[0], count=1)) == 1


def test_none_are_near_where_none_are_kept():
    assert no_neighbours(2).nearest(VECTORS[0]) == []


def test_what_was_written_is_read():
    tensors, text = KEPT.dump()
    again = Neighbours.load(tensors, json.loads(text), 2)
    assert again.dump() == KEPT.dump()
    assert again.nearest(VECTORS[2]) == KEPT.nearest(VECTORS[2])


@pytest.mark.parametrize("names", [{}, {"recordings": []}, {"recordings": [["s/0"]]}, {"recordings": 3}])
def test_names_that_do_not_fit_are_refused(names):
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(KEPT.dump()[0], names, 2)


def test_vectors_of_another_width_are_refused():
    tensors, text = KEPT.dump()
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(tensors, json.loads(text), 3)
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(b"no tensors", json.loads(text), 2)
