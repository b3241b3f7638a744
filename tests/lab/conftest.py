"""The tiny model, trained once a session."""

import pytest
import torch

from tests.lab.tiny import Tiny, train
from tests.lab.tiny_data import Data, write


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Tiny:
    """A whole tiny model."""
    torch.set_num_threads(1)
    return train(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Data:
    """A folder of training data in small."""
    return write(tmp_path_factory.mktemp("lab") / "data")
