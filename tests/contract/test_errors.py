"""The errors: code, HTTP status and user message of each."""

import inspect

import pytest

from loglm_bridge.contract import errors
from loglm_bridge.contract.errors import BY_CODE, LogLMError, SidecarError
from loglm_bridge.contract.verdict import ROW_STATUSES

ERROR_CLASSES = [k for _, k in inspect.getmembers(errors, inspect.isclass) if issubclass(k, LogLMError)]
HTTP_ERRORS = [k for k in ERROR_CLASSES if k.status]


@pytest.mark.parametrize("error_class", ERROR_CLASSES)
def test_user_message_says_what_where_and_what_to_do(error_class):
    error = error_class("it broke", where="/events/3")
    assert str(error) == "it broke [/events/3]"
    assert error.to_dict() == {"error": {"code": error_class.code, "message": "it broke", "where": "/events/3"}}
    assert error.user_message().startswith("it broke [/events/3]. ")
    assert error.user_message().endswith(".")
    assert error_class.__doc__


def test_hint_can_be_replaced():
    assert errors.ConfigError("no", hint="try yes").user_message() == "no. Try yes."


def test_user_message_puts_the_consequence_before_the_advice():
    assert errors.ConfigError("no", hint="try yes").user_message("All stopped.") == "no. All stopped. Try yes."


@pytest.mark.parametrize("error_class", HTTP_ERRORS)
def test_http_error_is_found_by_its_code(error_class):
    assert BY_CODE[error_class.code] is error_class


def test_codes_are_unique():
    for classes in (HTTP_ERRORS, [k for k in ERROR_CLASSES if not k.status]):
        assert len({k.code for k in classes}) == len(classes)


def test_status_of_each_code():
    assert {k.code: k.status for k in HTTP_ERRORS} == {
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


@pytest.mark.parametrize("error_class", [k for k in ERROR_CLASSES if issubclass(k, SidecarError)])
def test_sidecar_error_has_a_row_status(error_class):
    assert error_class.row_status in ROW_STATUSES
