"""Scanners that several formats share: hostile characters, prefixes, pairs, templates, times. All take linear time."""
