"""Parsers of settings: typed values and texts give the same, all else is refused with what is expected."""

from pathlib import Path

import pytest

from loglm_bridge.sidecar import config_types


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (config_types.integer(0, 10), "7", 7),
        (config_types.integer(0, 10), 10, 10),
        (config_types.seconds(0, 10), "0.5", 0.5),
        (config_types.seconds(0, 10), 2, 2.0),
        (config_types.choice("base", "fast"), "fast", "fast"),
        (config_types.text, " a ", "a"),
        (config_types.host_names, "A.example, b:1,", ("a.example", "b:1")),
        (config_types.host_names, ["A", " "], ("a",)),
        (config_types.log_level, "INFO", "info"),
    ],
)
def test_valid_values_are_parsed(parse, value, expected):
    assert parse(value) == expected


@pytest.mark.parametrize(
    ("parse", "value", "expected"),
    [
        (config_types.integer(0, 10), 11, "a whole number from 0 to 10"),
        (config_types.integer(0, 10), True, "a whole number from 0 to 10"),
        (config_types.integer(0, 10), 1.0, "a whole number from 0 to 10"),
        (config_types.seconds(0, 10), float("nan"), "a number of seconds from 0 to 10"),
        (config_types.seconds(0, 10), 10**400, "a number of seconds from 0 to 10"),
        (config_types.choice("base", "fast"), 5, "base or fast"),
        (config_types.text, "", "a text that is not empty"),
        (config_types.host_names, 5, "host names, separated by commas"),
        (config_types.log_level, None, "debug, info, warning or error"),
    ],
)
def test_invalid_values_are_refused_with_what_is_expected(parse, value, expected):
    with pytest.raises(ValueError, match=f"^{expected}$"):
        parse(value)


def test_paths_are_absolute(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert config_types.path("~/a") == config_types.path("a") == tmp_path / "a"
    assert config_types.path("/b") == Path("/b")
