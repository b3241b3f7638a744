"""The definition from splunkd, valid and malicious."""

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import InputError
from loglm_bridge.splunk.modinput.stdin_definition import read_definition
from tests.splunk.modinput.input_process import definition, validation


def read(text):
    return read_definition(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def test_definition_of_a_run():
    result = read(definition("https://127.0.0.1:8089", "/chk", {"search": "index=a", "empty": ""}))
    assert (result.session.uri, str(result.checkpoint_folder)) == ("https://127.0.0.1:8089", "/chk")
    (stanza,) = result.stanzas
    assert (stanza.name, stanza.app) == ("loglm_input://test", "search")
    assert stanza.params == {"search": "index=a", "empty": ""}


def test_definition_of_a_validation():
    (stanza,) = read(validation("https://h:1", "/chk", {"search": "x"})).stanzas
    assert (stanza.name, stanza.params) == ("test", {"search": "x"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_definition_in_several_encodings(encoding):
    text = definition("https://h:1", "/chk", {"search": "index=łódź"})
    assert read(text.encode(encoding)).stanzas[0].params["search"] == "index=łódź"


def test_repr_hides_the_session_key():
    result = read(definition("https://h:1", "/chk", {}, session="s3cret"))
    assert "s3cret" not in repr(result)


@pytest.mark.parametrize(
    "head", ["<!DOCTYPE a>", "<!doctype a>", "<! DOCTYPE a>", '<!DOCTYPE x [<!ENTITY a "b">]>', "<!--x--><!DOCTYPE a>"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_type_is_refused_before_parsing(head, encoding):
    with pytest.raises(InputError, match="document type"):
        read((head + definition("https://h:1", "/c", {})).encode(encoding))


def test_document_type_in_a_declared_encoding_is_refused():
    hidden = b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<input/>'
    with pytest.raises(InputError):
        read(hidden)


def test_deep_nesting_is_refused():
    with pytest.raises(InputError):
        read(b"<input>" + b"<a>" * 200_000)


def test_fifty_megabytes_are_refused_quickly():
    started = time.monotonic()
    with pytest.raises(InputError, match="longer than"):
        read(b"<input>" + b" " * 50_000_000)
    assert time.monotonic() - started < 20


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: f"<input>{t}</input>".encode()))
def test_other_data_are_refused(data):
    with pytest.raises(InputError):
        read(data)
