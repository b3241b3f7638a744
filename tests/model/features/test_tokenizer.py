"""The tokenizer: logs cannot inject control tokens, lengths are bounded, equal events give equal ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.model.features.tokenizer import (
    CONTROL,
    MAX_TOKENS,
    MAX_VALUE_TOKENS,
    EventTokenizer,
    field_token,
    kind_token,
)
from loglm_bridge.telemetry import CanonicalEvent

INJECTIONS = [
    *CONTROL,
    "<pad>",
    "[F:image]",
    "[F:process]",
    "[K:windows sysmon:1]",
    "[cls]",
    "</s>",
    "[F:",
    "\x00[MASK]",
]


def event_of(*fields):
    return CanonicalEvent("windows", "sysmon:1", fields)


def control_tokens(tokenizer):
    """Return the text of every control token of the vocabulary."""
    return [tokenizer.pieces(np.array([i]))[0] for i in sorted(tokenizer.control_ids)]


def test_a_value_cannot_inject_a_control_token(tiny):
    for text in [*INJECTIONS, *control_tokens(tiny.tokenizer)]:
        for value in (text, f"x {text} y", text.lower(), text * 3):
            event = tiny.tokenizer.encode(event_of(("image", value)))
            assert not tiny.tokenizer.control_ids & set(event.ids[3:].tolist()), value
            assert len(event.ids) > 3


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_field_name_or_kind_cannot_inject_a_control_token(tiny, text):
    event = tiny.tokenizer.encode(CanonicalEvent(text, text, ((text, text),)))
    pieces = tiny.tokenizer.pieces(event.ids)
    assert pieces[:2] == ["[CLS]", "[KIND]"]
    control = [p for i, p in zip(event.ids.tolist(), pieces, strict=True) if i in tiny.tokenizer.control_ids]
    assert control == ["[CLS]", "[KIND]", "[FIELD]"]


@given(st.lists(st.tuples(st.sampled_from(["image", "command", "x"]), st.text(max_size=60)), max_size=6))
def test_any_text_gives_a_bounded_number_of_known_ids(tiny, fields):
    event = tiny.tokenizer.encode(event_of(*fields))
    assert 2 <= len(event.ids) == len(event.fields) <= MAX_TOKENS
    assert event.ids.min() >= 0
    assert event.ids.max() < tiny.tokenizer.size
    assert {int(i) for i in event.fields} <= tiny.tokenizer.control_ids
    assert tiny.tokenizer.pad not in event.ids
    assert tiny.tokenizer.mask not in event.ids


def test_each_position_names_its_field(tiny):
    event = tiny.tokenizer.encode(tiny.canonicals[0])
    control = [i for i in range(2, len(event.ids)) if int(event.ids[i]) in tiny.tokenizer.control_ids]
    for start, end in zip(control, [*control[1:], len(event.ids)], strict=True):
        assert (event.fields[start:end] == event.ids[start]).all()
    assert (event.fields[:2] == tiny.tokenizer.cls).all()


def test_a_long_value_is_truncated_and_leaves_room_for_the_next_field(tiny):
    one, tail = tiny.tokenizer.encode(event_of(("image", "$"))), tiny.tokenizer.encode(event_of(("x", "tail"))).ids[2:]
    event = tiny.tokenizer.encode(event_of(("image", "$ " * 1000), ("x", "tail")))
    assert event.truncated
    assert event.ids[-len(tail) :].tolist() == tail.tolist()
    assert (event.ids == one.ids[-1]).sum() == MAX_VALUE_TOKENS


def test_an_event_of_many_fields_is_truncated_to_the_maximum(tiny):
    event = tiny.tokenizer.encode(event_of(*((f"x{i}", "$ $ $ $") for i in range(60))))
    assert event.truncated
    assert len(event.ids) == MAX_TOKENS
    assert not tiny.tokenizer.encode(event_of(("x", "$"))).truncated


def test_cached_fields_change_nothing(tiny):
    uncached = EventTokenizer.load(tiny.tokenizer_file)
    for event, known in zip(reversed(tiny.canonicals), reversed(tiny.encoded), strict=True):
        again = uncached.encode(event)
        assert again.ids.tobytes() == known.ids.tobytes()
        assert again.fields.tobytes() == known.fields.tobytes()


def test_known_fields_and_kinds_are_one_token(tiny):
    family, kind = tiny.canonicals[0].family, tiny.canonicals[0].kind
    name = tiny.canonicals[0].fields[0][0]
    pieces = tiny.tokenizer.pieces(tiny.encoded[0].ids)
    assert pieces[:3] == ["[CLS]", kind_token(family, kind), field_token(name)]
