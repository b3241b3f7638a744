"""Typed fields to canonical fields: one module per kind of value, one table of names."""
