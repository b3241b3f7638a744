"""The configuration of the heads: complete, of the right types, finite."""

import json

import pytest

from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.classifier.head_config import HeadConfig


@pytest.fixture
def data(tiny):
    return json.loads(tiny.heads.dump()[1])


def test_a_configuration_is_read_as_it_was_written(data):
    assert HeadConfig.from_dict(data).to_dict() == data


@pytest.mark.parametrize("key", sorted(HeadConfig.__dataclass_fields__))
def test_a_missing_or_malformed_key_is_refused(data, key):
    with pytest.raises(ModelRefused, match=r"heads\.json"):
        HeadConfig.from_dict({k: v for k, v in data.items() if k != key})
    with pytest.raises(ModelRefused, match=r"heads\.json"):
        HeadConfig.from_dict({**data, key: "a word"})


def test_numbers_that_are_not_finite_are_refused(data):
    with pytest.raises(ModelRefused, match="not finite"):
        HeadConfig.from_dict({**data, "unknown": float("nan")})


@pytest.mark.parametrize("change", [{"low": float("inf")}, {"malicious": -1e9}, {"temperature": 0.0}])
def test_a_scale_that_does_not_ascend_is_refused(data, change):
    with pytest.raises(ModelRefused, match="not ascending"):
        HeadConfig.from_dict({**data, "scales": {"": {**data["scales"][""], **change}}})


def test_the_scale_of_all_other_families_is_required(data):
    with pytest.raises(ModelRefused, match="without their own"):
        HeadConfig.from_dict({**data, "scales": {"flow": data["scales"][""]}})
