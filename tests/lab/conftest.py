"""The tiny model and the tiny training data, made once in a session."""

import pytest
import torch

from tests.lab.tiny import Tiny, train
from tests.lab.tiny_data import TinyData, write


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Tiny:
    """The tiny model."""
    torch.set_num_threads(1)
    return train(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> TinyData:
    """The tiny training data."""
    return write(tmp_path_factory.mktemp("lab") / "data")
