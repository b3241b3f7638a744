"""Weak examples: known techniques alone, none twice, the same for the same seed."""

import pytest

from loglm_bridge.lab.data import backgrounds
from loglm_bridge.lab.data.sources import validation_groups
from loglm_bridge.lab.weak_labels import weak_examples
from loglm_bridge.telemetry import CanonicalEvent
from tests.lab.tiny import TECHNIQUES


@pytest.fixture(scope="module")
def files(data):
    folder = data.folder
    attack = folder / "attack" / "enterprise.json.gz"
    rules, commands = folder / "sigma_rules.tar.gz", folder / "aux_commands.jsonl.gz"
    return weak_examples.CatalogueFiles(rules, [commands], attack, samples_per_rule=3)


@pytest.fixture(scope="module")
def ordinary(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("backgrounds") / "b.gz"
    return backgrounds.collect(data.folder, validation_groups(data.split), out, 1)


@pytest.fixture(scope="module")
def examples(files, ordinary, tmp_path_factory):
    return weak_examples.build(files, ordinary, tmp_path_factory.mktemp("examples") / "w.gz", 1)


def test_every_catalogue_gives_examples(examples):
    assert {one.catalogue for one in examples} == {"sigma", "atomic", "lolbas", "gtfobins", "fwaf"}
    assert {one.origin[-1] for one in examples if one.catalogue == "sigma"} == set("123456")


def test_techniques_are_known_ones_with_ids_of_other_versions_replaced(examples):
    assert {t for one in examples for t in one.techniques} <= set(TECHNIQUES)
    assert {one.techniques for one in examples if one.origin.endswith("6")} == {("T1078", "T1543.003")}


def test_the_malice_of_an_example_depends_on_the_level_of_its_rule(examples):
    assert {one.origin[-1]: one.malice for one in examples if one.catalogue == "sigma"} == {
        "1": 1.0,
        "2": 0.7,
        "3": 1.0,
        "4": 0.7,
        "5": 0.3,
        "6": 1.0,
    }


def test_no_example_comes_twice(examples):
    assert len({(one.event.key, one.techniques) for one in examples}) == len(examples)


def test_the_same_seed_gives_the_same_examples_and_an_existing_file_is_read(files, ordinary, examples, tmp_path):
    again = weak_examples.build(files, ordinary, tmp_path / "w.gz", 1)
    assert again == examples == weak_examples.load(tmp_path / "w.gz")
    nowhere = weak_examples.CatalogueFiles(tmp_path / "nowhere", [tmp_path / "nowhere"], tmp_path / "nowhere")
    assert weak_examples.build(nowhere, ordinary, tmp_path / "w.gz", 2) == examples
    assert all(isinstance(one.event, CanonicalEvent) for one in again)


def test_the_attack_catalogue_names_successors_and_known_techniques(files):
    successors, known = weak_examples.read_attack_catalogue(files.attack)
    assert known == set(TECHNIQUES)
    assert successors == {"T9999": "T1078"}
