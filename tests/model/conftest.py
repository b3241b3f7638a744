"""The tiny model, trained once per session, and labellers of its sealed folders."""

import json

import pytest

from loglm_bridge.model.context.context import SequenceConfig
from loglm_bridge.model.context.evidence import ContextScoring
from loglm_bridge.model.folder import model_folder
from loglm_bridge.model.labeller import Labeller
from tests.lab import tiny_flows
from tests.lab.conftest import tiny

__all__ = ["tiny"]

#: Weak evidence of Windows events counts already; that of other families never does.
_SCORING = {"windows": ContextScoring(2.0, -9.0, 2, 12.0), "": ContextScoring(2.0, 99.0, 2, 12.0)}


@pytest.fixture(scope="session")
def sealed(tiny, tmp_path_factory):
    """The folder of the tiny model; tests that change it copy it first."""
    return tiny.seal(tmp_path_factory.mktemp("sealed") / "tiny")


@pytest.fixture(scope="session")
def labeller(sealed):
    """A labeller of the tiny model."""
    return Labeller.load(sealed)


@pytest.fixture(scope="session")
def context_files():
    """The files by which a model folder classifies events in context."""
    trees, config = tiny_flows.trees()
    return {
        model_folder.FLOW_TREES: trees,
        model_folder.SEQUENCE_CONFIG: json.dumps(SequenceConfig(config, _SCORING).to_dict()).encode(),
    }


@pytest.fixture(scope="session")
def context_folder(tiny, context_files, tmp_path_factory):
    """The folder of the tiny model with a context model."""
    return tiny.seal(tmp_path_factory.mktemp("context") / "m", context=context_files)


@pytest.fixture(scope="session")
def context_labeller(context_folder):
    """A labeller of the tiny model with a context model."""
    return Labeller.load(context_folder)
