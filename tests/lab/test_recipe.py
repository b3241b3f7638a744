"""Recipes: the shipped one is read; an error in another one names file and section."""

import pytest
import yaml

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.lab.recipe import SHIPPED, ContextSettings, Recipe
from loglm_bridge.model.context.evidence import ContextScoring

SECTIONS = ("encoder", "pretrain", "weights", "technique", "malice", "budget")


@pytest.fixture
def shipped():
    return yaml.safe_load(SHIPPED.read_text("utf-8"))


def read(tmp_path, content):
    path = tmp_path / "mine.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return Recipe.read(path)


def test_the_shipped_recipe_is_read(shipped):
    recipe = Recipe.read(SHIPPED)
    assert recipe.name == shipped["name"]
    assert recipe.encoder.width % recipe.encoder.heads == 0
    assert recipe.technique.hidden == shipped["technique"]["hidden"]
    assert 0 < recipe.budget.malicious < recipe.budget.suspicious < recipe.budget.unknown < 1


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_key_names_file_and_section(tmp_path, shipped, section):
    shipped[section]["colour"] = 3
    with pytest.raises(ConfigError, match="colour") as error:
        read(tmp_path, shipped)
    assert error.value.where == f"mine.yaml:{section}"


@pytest.mark.parametrize("section", ["encoder", "technique", "malice"])
def test_an_absent_section_names_file_and_section(tmp_path, shipped, section):
    del shipped[section]
    with pytest.raises(ConfigError) as error:
        read(tmp_path, shipped)
    assert error.value.where == f"mine.yaml:{section}"


@pytest.mark.parametrize("key", ["name", "version", "seed", "pieces", "gate"])
def test_an_absent_key_is_named(tmp_path, shipped, key):
    del shipped[key]
    with pytest.raises(ConfigError, match=key) as error:
        read(tmp_path, shipped)
    assert error.value.where == "mine.yaml"


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_that_is_no_mapping_names_file_and_section(tmp_path, shipped, section):
    shipped[section] = [3]
    with pytest.raises(ConfigError) as error:
        read(tmp_path, shipped)
    assert error.value.where == f"mine.yaml:{section}"


@pytest.mark.parametrize("text", ["", "3", "[]", "name: [", "\tname: x", "name: \x00"])
def test_a_file_that_is_no_recipe_is_an_error_that_names_it(tmp_path, text):
    with pytest.raises(ConfigError) as error:
        read(tmp_path, text)
    assert error.value.where.startswith("mine.yaml")


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ConfigError) as error:
        Recipe.read(tmp_path / "mine.yaml")
    assert error.value.where == "mine.yaml"


@pytest.mark.parametrize(("section", "key"), [("encoder", "width"), ("pretrain", "epochs"), ("budget", "malicious")])
def test_a_value_of_the_wrong_type_names_file_and_section(tmp_path, shipped, section, key):
    shipped[section][key] = "many"
    with pytest.raises(ConfigError, match=key) as error:
        read(tmp_path, shipped)
    assert error.value.where == f"mine.yaml:{section}"


def test_an_unknown_key_is_refused(tmp_path, shipped):
    shipped["piecess"] = 3
    with pytest.raises(ConfigError, match="piecess"):
        read(tmp_path, shipped)


def test_windows_events_have_a_floor_of_their_own():
    settings = ContextSettings(share=2.0, max_kinds=3, bound=12.0, floor=1.0, default_floor=5.0)
    assert settings.scorings() == {
        "windows": ContextScoring(2.0, 1.0, 3, 12.0),
        "": ContextScoring(2.0, 5.0, 3, 12.0),
    }


def test_without_a_rule_only_windows_events_are_evidence_in_the_shipped_recipe():
    recipe = Recipe.read(SHIPPED)
    assert recipe.context.default_floor >= recipe.bound > recipe.context.floor
