"""Settings of the alert action, and their defaults in the conf file."""

import configparser
import json
from dataclasses import fields

import pytest

from loglm_bridge.splunk.alert.payload import PARSERS, AlertOptions


@pytest.fixture
def params(root):
    """The action's param.* of default/alert_actions.conf."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.optionxform = str
    conf.read(root / "default/alert_actions.conf")
    return {k[len("param.") :]: v for k, v in conf["loglm_notable"].items() if k.startswith("param.")}


def test_the_conf_file_repeats_the_defaults(params):
    params.pop("_cam")
    assert list(params) == list(PARSERS) == [field.name for field in fields(AlertOptions)]
    assert AlertOptions.read(params) == AlertOptions()


def test_the_adaptive_response_is_json(params):
    cam = json.loads(params["_cam"])
    assert {"category", "task", "subject", "technology", "supports_adhoc"} <= set(cam)


def test_settings_are_read():
    found = AlertOptions.read({"threshold": "0.5", "risk": "yes", "risk_objects": "user, vm:system", "max_rows": "7"})
    assert (found.threshold, found.risk, found.max_rows) == (0.5, True, 7)
    assert found.risk_objects == ("user", "vm:system")
