"""The tables of field names are consistent."""

import re

import pytest

from loglm_bridge.telemetry.canonical.tables import cloud, common, endpoint, network, windows, windows_kinds
from loglm_bridge.telemetry.canonical.tables.field_mapping import drop
from loglm_bridge.telemetry.canonical.value_types import NUMERIC_TYPES, VALUE_TYPES

TABLES = {
    "common": common.FIELDS,
    "windows": windows.FIELDS,
    "flow": network.FLOW,
    "zeek": network.ZEEK,
    "web": network.WEB,
    **cloud.FAMILIES,
    **{f"endpoint {product}": table for product, table in endpoint.PRODUCTS.items()},
    **endpoint.BY_KIND,
    **windows_kinds.BY_KIND,
}
MAPPED = {name: {key: mapping for key, mapping in table.items() if mapping} for name, table in TABLES.items()}


@pytest.mark.parametrize("name", TABLES)
def test_keys_have_the_spelling_that_names_are_folded_to(name):
    assert [key for key in TABLES[name] if key != key.strip().lower()] == []


def test_keys_of_the_common_table_have_no_separators():
    assert [key for key in common.FIELDS if key != common.squash(key)] == []


@pytest.mark.parametrize("name", TABLES)
def test_values_have_a_known_type_and_names_are_canonical(name):
    assert {value_type for _, value_type in MAPPED[name].values()} <= set(VALUE_TYPES)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", canonical_name) for canonical_name, _ in MAPPED[name].values())


def test_every_value_type_is_used():
    used = {value_type for table in MAPPED.values() for _, value_type in table.values()}
    assert set(VALUE_TYPES) - used == {"identifier"}  # given to unknown names that end in "id"


def test_numeric_types_have_few_values():
    for value_type in NUMERIC_TYPES:
        assert len({VALUE_TYPES[value_type](str(number)) for number in range(20_001, 25_000)}) == 1


def test_one_canonical_name_has_compatible_types():
    paths = {value_type for table in MAPPED.values() for name, value_type in table.values() if name == "process_path"}
    users = {value_type for table in MAPPED.values() for name, value_type in table.values() if name == "user"}
    addresses = {value_type for table in MAPPED.values() for name, value_type in table.values() if name == "src_ip"}
    assert (paths, users, addresses) == ({"path"}, {"account"}, {"ip"})


def test_drop_maps_names_to_nothing():
    assert drop("a b\n c") == {"a": None, "b": None, "c": None}
    assert drop("") == {}
