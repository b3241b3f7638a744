"""Flow trees that are trained in a second: on synthetic flows alone, with the benign ones as familiar flows."""

from __future__ import annotations

import json

import numpy as np

from loglm_bridge.lab.recipe import ContextSettings
from loglm_bridge.lab.synthetic_flows.generator import generate
from loglm_bridge.lab.synthetic_flows.malicious import MALICIOUS
from loglm_bridge.lab.train import flow_training
from loglm_bridge.lab.train.flow_training import FlowSettings, LabelledFlows
from loglm_bridge.lab.train.thresholds import depth_quantiles
from loglm_bridge.model.classifier.score_scale import ScoreScale
from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.flow.flow_classifier import FlowConfig
from loglm_bridge.model.flow.flow_trees import FlowTrees
from loglm_bridge.model.folder import model_folder

TECHNIQUES = tuple(sorted(set(MALICIOUS.values())))
SCALE = ScoreScale(-4.0, -1.0, 0.0, 4.0)
SETTINGS = FlowSettings(synthetic=200, rounds=30, technique_rounds=5)


def trees() -> tuple[bytes, FlowConfig]:
    """The trees, and their configuration with a fixed curve."""
    flows = [flow for window in generate(30, 1) if not window.technique for flow in window.flows]
    unlabelled = np.full(len(flows), np.nan), np.full(len(flows), -1)
    labelled = LabelledFlows(flows, np.arange(len(flows)), np.array(["s"] * len(flows)), *unlabelled, TECHNIQUES)
    familiar = flow_training.single_features(labelled, {"pair": [[index] for index in range(len(flows))]})
    model = flow_training.fit(labelled, {"pair": [], "source": []}, SETTINGS, familiar)
    _, depths = FlowTrees(model, len(TECHNIQUES)).predict(familiar)
    return model, FlowConfig(TECHNIQUES, SCALE, SCALE, depth_quantiles(depths))


def files() -> dict[str, bytes]:
    """The files of a model folder for events in context."""
    model, config = trees()
    sequence = SequenceConfig(config, ContextSettings(2.0, 2, 12.0, 3.0, 6.0).scorings())
    return {model_folder.FLOW_TREES: model, model_folder.SEQUENCE_CONFIG: json.dumps(sequence.to_dict()).encode()}
