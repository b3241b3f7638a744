"""Events of all formats and families that the tests of telemetry have: name -> event."""

import json

from loglm_bridge.contract.event import Event
from tests.telemetry import windows_samples
from tests.telemetry.json_samples import EVENTS as JSON_EVENTS
from tests.telemetry.line_samples import LINES

EVENTS = {
    **{name: Event(text) for name, text, *_ in LINES},
    **{name: Event(raw) for name, raw in windows_samples.ALL.items()},
    **{f"json {name}": Event(json.dumps(event)) for name, (event, *_) in JSON_EVENTS.items()},
}
