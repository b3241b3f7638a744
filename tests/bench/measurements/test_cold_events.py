"""New events beside MiniLM: without its package a line says so."""

import json

from loglm_bridge.bench.baselines import minilm
from loglm_bridge.bench.measurements import cold_events


def test_without_the_package_a_line_says_so(environment, monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    (figure,) = cold_events.measure(environment)
    assert figure.value is None
    assert json.dumps(figure.to_dict())
    assert "not installed" in figure.note
