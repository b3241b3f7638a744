"""The one table of errors: a code, a status and a sentence for a person each."""

import inspect

import pytest

from loglm_bridge.contract import errors
from loglm_bridge.contract.errors import BY_CODE, LogLMError, SidecarError
from loglm_bridge.contract.verdict import ROW_STATUSES

KINDS = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, LogLMError)]
ACROSS_HTTP = [k for k in KINDS if k.status]


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_says_what_where_and_what_to_do(kind):
    error = kind("it broke", where="/events/3")
    assert str(error) == "it broke [/events/3]"
    assert error.to_dict() == {"error": {"code": kind.code, "message": "it broke", "where": "/events/3"}}
    assert error.user_message().startswith("it broke [/events/3]. ")
    assert error.user_message().endswith(".")
    assert kind.__doc__


def test_a_hint_can_be_replaced():
    assert errors.ConfigError("no", hint="try yes").user_message() == "no. Try yes."


@pytest.mark.parametrize("kind", ACROSS_HTTP)
def test_every_error_that_crosses_http_is_found_by_its_code(kind):
    assert BY_CODE[kind.code] is kind


def test_codes_are_unique_on_each_side():
    for kinds in (ACROSS_HTTP, [k for k in KINDS if not k.status]):
        assert len({k.code for k in kinds}) == len(kinds)


def test_the_table_of_statuses():
    assert {k.code: k.status for k in ACROSS_HTTP} == {
        "internal": 500,
        "invalid_request": 400,
        "invalid_event": 422,
        "length_required": 411,
        "too_large": 413,
        "unauthorized": 401,
        "forbidden_host": 403,
        "not_found": 404,
        "method_not_allowed": 405,
        "version_mismatch": 409,
        "overloaded": 429,
        "not_ready": 503,
        "model_error": 500,
        "model_refused": 503,
    }


@pytest.mark.parametrize("kind", [k for k in KINDS if issubclass(k, SidecarError)])
def test_each_failed_call_has_a_row_status(kind):
    assert kind.row_status in ROW_STATUSES
