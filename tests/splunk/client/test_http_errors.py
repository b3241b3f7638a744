"""Errors of all responses other than 200."""

import json

import pytest

from loglm_bridge.contract.errors import BY_CODE, SidecarFailed, SidecarRefused, SidecarUnavailable, WrongService
from loglm_bridge.splunk.client.http_errors import BusyError, PermanentRefusal, RequestTooLarge, error_from_response
from loglm_bridge.splunk.client.transport import HttpResponse

CLIENT_ERRORS = {
    "internal": SidecarFailed,
    "invalid_request": SidecarRefused,
    "invalid_event": SidecarRefused,
    "length_required": PermanentRefusal,
    "too_large": RequestTooLarge,
    "unauthorized": PermanentRefusal,
    "forbidden_host": PermanentRefusal,
    "not_found": PermanentRefusal,
    "method_not_allowed": PermanentRefusal,
    "version_mismatch": PermanentRefusal,
    "overloaded": BusyError,
    "not_ready": BusyError,
    "model_error": SidecarFailed,
    "model_refused": SidecarUnavailable,
}


def test_every_error_code_has_a_client_error():
    assert set(CLIENT_ERRORS) == set(BY_CODE)


@pytest.mark.parametrize("code", BY_CODE)
def test_client_error_of_each_code(code):
    error = BY_CODE[code]("what went\nwrong", where="/events/0")
    result = error_from_response(HttpResponse(error.status, json.dumps(error.to_dict()).encode(), None), "h:1")
    assert type(result) is CLIENT_ERRORS[code]
    assert "\n" not in str(result)
    if not isinstance(result, BusyError):
        assert result.hint == BY_CODE[code].hint


@pytest.mark.parametrize(
    ("status", "body", "error_class"),
    [
        (502, b"<html>", SidecarUnavailable),
        (503, b"", SidecarUnavailable),
        (404, b"{}", WrongService),
        (302, b"[]", WrongService),
        (401, b"", PermanentRefusal),
        (418, b'{"error":"teapot"}', WrongService),
        (400, b'{"error":{"code":["x"],"message":null}}', WrongService),
        (500, b'{"error":{"code":"of the future","message":"x"}}', SidecarUnavailable),
    ],
)
def test_response_of_another_program(status, body, error_class):
    assert type(error_from_response(HttpResponse(status, body, None), "h:1")) is error_class


@pytest.mark.parametrize(("named", "waited"), [(None, 1.0), (0.0, 0.05), (7.0, 7.0)])
def test_seconds_of_a_wait(named, waited):
    body = b'{"error":{"code":"overloaded","message":"x","where":""}}'
    assert error_from_response(HttpResponse(429, body, named), "h:1").seconds == waited
