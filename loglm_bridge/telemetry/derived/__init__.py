"""Derived fields: what an analyst sees in an event beside its fields. Relations and classes, never identities.

Names begin with `loglm.` in rules; canonical events carry most of them under the bare name. A field is derived from one
value alone (`of_value`), or from several fields of an event (`of_event`).
"""

from __future__ import annotations

from loglm_bridge.telemetry.derived.fields import PREFIX, EventDeriver, derives, of_value

__all__ = ["PREFIX", "EventDeriver", "derives", "of_value"]
