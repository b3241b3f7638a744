"""Predictions of known events for the tests of the evaluation."""

import numpy as np

from loglm_bridge.contract.event import Event
from loglm_bridge.lab.data.sources import LabelledEvent
from loglm_bridge.lab.evaluate.predictions import Prediction

#: Hits of one rule of level high.
HIGH = (("rule", "high", ("T1003.001",)),)


def predicted(source, group, score, techniques=(), ranking=(), hits=(), label="malicious", vector=(1.0, 0.0)):
    """A prediction of this score and ranking for an event with these labels."""
    event = LabelledEvent(f"{source}/{group}", source, group, Event("x"), label, tuple(techniques), tuple(hits))
    verdict = "malicious" if score > 0.5 else "unknown" if score < 0.1 else "benign"
    return Prediction(event, score, score > 0.5, verdict, tuple(ranking), np.asarray(vector, np.float32))


def ordinary(scores, hits=(), vector=(1.0, 0.0)):
    """Predictions of these scores for events of an ordinary machine."""
    return [predicted("evtx_baseline", "m", s, label="benign", hits=hits, vector=vector) for s in scores]


def recorded(group, score, **more):
    """A prediction for an event of a recording of T1003.001."""
    return predicted("open_xp_rules", group, score, ("T1003.001",), **more)
