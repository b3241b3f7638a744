"""Canonical names and values: identity replaced by placeholders, behaviour kept.

Each value type has one function from a raw to a canonical value, named after the type (`path`, `account`, `ip`, ...);
`value_types` lists them. `field_names` maps raw names by the `tables`.
"""
