"""Derived fields: what an analyst sees in an event besides its fields. Relations and classes, never identities.

Names begin with `loglm.`, so that a rule's reader sees where they come from: docs/reference/derived-fields.md.
"""

from __future__ import annotations

from loglm_bridge.telemetry.derived.fields import derived_fields

__all__ = ["derived_fields"]
