"""The event key, by which a repeated delivery is recognised."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.event import Event

TEXT = st.text(st.characters(), max_size=20)


def test_key_is_sha256_of_source_time_and_raw():
    event = Event("raw", source="src", time=1700000000.25)
    assert event.key == sha256(b"src\x1f1700000000.250000\x1fraw").hexdigest()
    assert Event("raw").key == sha256(b"\x1f\x1fraw").hexdigest()


@given(TEXT, TEXT, st.none() | st.floats(-1e12, 1e12), TEXT)
def test_key_depends_only_on_source_time_and_raw(raw, source, time, other):
    key = Event(raw, source=source, time=time).key
    assert key == Event(raw, source=source, time=time, sourcetype=other, host=other, entity=other).key
    assert key != Event(raw + "x", source=source, time=time).key
    assert key != Event(raw, source=source + "x", time=time).key
    assert key != Event(raw, source=source, time=(time or 0) + 1).key
