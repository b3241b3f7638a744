"""Responses: status, headers and bodies of errors."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from loglm_bridge.contract.errors import BY_CODE, Overloaded, Unauthorized
from loglm_bridge.sidecar.http.responses import RETRY_AFTER, error_response, json_response, on_memory_error


def test_json_is_written_in_ascii():
    response = json_response({"a": "é\ud800"})
    assert response.body == b'{"a":"\\u00e9\\ud800"}'
    assert response.headers["content-type"] == "application/json"


def test_bytes_are_sent_as_they_are():
    assert json_response(b'{"a": 1}').body == b'{"a": 1}'


@pytest.mark.parametrize("code", sorted(code for code, error in BY_CODE.items() if error.status))
def test_an_error_has_its_status_and_code(code):
    response = error_response(BY_CODE[code]("message", where="/a"))
    assert response.status_code == BY_CODE[code].status
    assert json.loads(response.body)["error"] == {"code": code, "message": "message", "where": "/a"}


def test_temporary_refusals_say_when_to_retry_and_others_do_not():
    assert error_response(Overloaded("busy")).headers["retry-after"] == RETRY_AFTER
    assert "retry-after" not in error_response(Unauthorized("no token")).headers
    assert error_response(Unauthorized("no token")).headers["www-authenticate"] == 'Bearer realm="loglm"'


def test_out_of_memory_is_503_in_json():
    request = SimpleNamespace(state=SimpleNamespace())
    response = asyncio.run(on_memory_error(request, MemoryError()))
    assert (response.status_code, json.loads(response.body)["error"]["code"]) == (503, "not_ready")
    assert response.headers["Retry-After"] == RETRY_AFTER
    assert request.state.outcome == "not_ready"
