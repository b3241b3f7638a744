"""Trees of flows in a second: learned from rendered flows alone, those without a technique being familiar."""

from __future__ import annotations

import json

import numpy as np

from loglm_bridge.lab import synthetic_flows
from loglm_bridge.lab.company import CompanySettings
from loglm_bridge.lab.synthetic_flows.malicious import HOSTILE
from loglm_bridge.lab.train import flow_training
from loglm_bridge.lab.train.flow_training import FlowSettings, Reading
from loglm_bridge.lab.train.thresholds import depth_steps
from loglm_bridge.model.classifier.head_config import Curve
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.flow.flow_classifier import FlowConfig
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.model.folder import model_folder

TECHNIQUES = tuple(sorted(set(HOSTILE.values())))
TOLD = FlowSettings(rendered=200, rounds=30, technique_rounds=5)


def trees() -> tuple[bytes, FlowConfig]:
    """The trees, and their configuration with a curve of the test's own."""
    steps = [step for window in synthetic_flows.render(30, 1) if not window.technique for step in window.steps]
    nothing = np.full(len(steps), np.nan), np.full(len(steps), -1)
    reading = Reading(steps, np.arange(len(steps)), np.array(["s"] * len(steps)), *nothing, TECHNIQUES)
    familiar = flow_training.alone(reading, {"pair": [[place] for place in range(len(steps))]})
    model = flow_training.fit(reading, {"pair": [], "source": []}, TOLD, familiar)
    _, depths = FlowTrees(model, len(TECHNIQUES)).predict(familiar)
    return model, FlowConfig(TECHNIQUES, Curve(1.0, 0.0, 1.0, 0.5, 0.4), depth_steps(depths))


def files() -> dict[str, bytes]:
    """The files of a model folder that read events in context."""
    model, flows = trees()
    config = SequenceConfig(flows, CompanySettings(2.0, 2, 12.0, 3.0, 6.0).families())
    return {model_folder.FLOW_TREES: model, model_folder.SEQUENCE_CONFIG: json.dumps(config.to_dict()).encode()}
