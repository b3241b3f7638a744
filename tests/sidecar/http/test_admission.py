"""Admission control: the limits are never exceeded, and every reservation is released."""

import pytest

from loglm_bridge.contract.errors import Overloaded
from loglm_bridge.sidecar.http.admission import Admission


def test_bytes_are_reserved_and_released():
    admission = Admission(max_bytes=100, max_events=10)
    with admission.body(60):
        with pytest.raises(Overloaded), admission.body(41):
            pass
        with admission.body(40):
            assert admission.bytes == 100
    assert admission.bytes == 0


def test_events_are_reserved_and_released_even_after_an_error():
    admission = Admission(max_bytes=100, max_events=10)

    def fail():
        with admission.batch(8):
            with pytest.raises(Overloaded), admission.batch(3):
                pass
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert admission.events == 0


def test_with_a_full_queue_no_body_is_admitted():
    admission = Admission(max_bytes=100, max_events=10)
    with admission.batch(10), pytest.raises(Overloaded), admission.body(1):
        pass
    with admission.batch(9), admission.body(1):
        pass
