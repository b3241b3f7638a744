"""The settings of an input, and their defaults in the conf file."""

import configparser

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.splunk.modinput.options import ARGUMENTS, InputOptions, defaults, scheme, unknown_settings


def test_defaults_equal_those_of_the_conf_file(root):
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(root / "default/inputs.conf")
    keys = {name: value for name, value in conf["loglm_input"].items() if not name.startswith(("python.", "start_by"))}
    assert keys.pop("interval") == "300"
    assert keys == defaults()


def test_empty_settings_have_their_defaults():
    given = dict.fromkeys(ARGUMENTS, "") | {"search": "index=a"}
    assert InputOptions.read(given) == InputOptions.read({"search": "index=a"}) == InputOptions("search index=a")


def test_defaults_as_text_parse_to_the_defaults():
    assert InputOptions.read({"search": "index=a", **defaults()}) == InputOptions("search index=a")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("index=a", "search index=a"),
        ("search index=a", "search index=a"),
        ("SEARCH index=a", "SEARCH index=a"),
        ("| tstats count", "| tstats count"),
        ("searchable=1", "search searchable=1"),
        ("`macro(1)`", "search `macro(1)`"),
    ],
)
def test_search_gets_its_leading_command(given, sent):
    assert InputOptions.read({"search": given}).search == sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", "1.1"),
        ("threshold", "nan"),
        ("top", "0"),
        ("top", "11"),
        ("lag", "1.5"),
        ("lag", "86401"),
        ("window", "0"),
        ("lookback", "-1"),
        ("max_events", "0"),
        ("target_index", "Notable"),
        ("target_index", "a|delete"),
        ("target_sourcetype", "a b"),
        ("rule_name", "x\ny"),
        ("rule_name", "x" * 201),
        ("security_domain", "Threat"),
        ("severity", "unknown"),
        ("search", "index=a | stats count |"),
        ("search", "index=a _INDEX_latest = now"),
        ("search", "x" * 40_000),
    ],
)
def test_invalid_value_is_named(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be") as refused:
        InputOptions.read({"search": "index=a", name: value})
    assert len(str(refused.value)) < 300


def test_unknown_settings_are_listed():
    params = {
        "search": "a",
        "trehshold": "1",
        "interval": "60",
        "python.version": "python3",
        "_rcvbuf": "1",
        "index": "x",
    }
    assert unknown_settings(params) == ["trehshold"]


def test_every_setting_is_in_the_form():
    assert [argument.name for argument in scheme().arguments] == list(ARGUMENTS)
    assert all(argument.description for argument in scheme().arguments)
