"""Neighbours: the nearest recordings by cosine, each named once."""

import json

import numpy as np
import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.neighbours import Neighbours, Recording, no_neighbours

VECTORS = np.array([[127, 0], [120, 5], [0, 127], [-127, 0]], np.int8)
NEIGHBOURS = Neighbours(
    VECTORS, np.array([0, 0, 1, 2], np.int32), [Recording(f"s/{i}", (f"T100{i}",)) for i in range(3)]
)


def test_each_recording_is_named_once_nearest_first():
    nearest = NEIGHBOURS.nearest(np.array([3.0, 0.3], np.float32))
    assert [f["id"] for f in nearest] == ["s/0", "s/1", "s/2"]
    assert nearest[0]["techniques"] == ["T1000"]
    assert nearest[0]["similarity"] == pytest.approx(1.0, abs=0.01)
    assert nearest[2]["similarity"] == pytest.approx(-0.995, abs=0.01)
    assert len(NEIGHBOURS.nearest(VECTORS[0], count=1)) == 1


def test_without_recordings_none_are_near():
    assert no_neighbours(2).nearest(VECTORS[0]) == []


def test_neighbours_load_as_they_were_dumped():
    tensors, text = NEIGHBOURS.dump()
    again = Neighbours.load(tensors, json.loads(text), 2)
    assert again.dump() == NEIGHBOURS.dump()
    assert again.nearest(VECTORS[2]) == NEIGHBOURS.nearest(VECTORS[2])


@pytest.mark.parametrize("names", [{}, {"recordings": []}, {"recordings": [["s/0"]]}, {"recordings": 3}])
def test_malformed_names_are_refused(names):
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(NEIGHBOURS.dump()[0], names, 2)


def test_vectors_of_another_width_are_refused():
    tensors, text = NEIGHBOURS.dump()
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(tensors, json.loads(text), 3)
    with pytest.raises(ModelRefused, match="neighbours"):
        Neighbours.load(b"no tensors", json.loads(text), 2)
