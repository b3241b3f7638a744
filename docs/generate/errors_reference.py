"""The error table, from contract/errors.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from docs.generate.markdown import code, sentence, table
from loglm_bridge.contract import errors
from loglm_bridge.contract.errors import LogLMError, SidecarError

Kind = TypeVar("Kind", bound=LogLMError)


def http_errors() -> str:
    """Return the errors that an HTTP response can carry."""
    kinds = sorted(errors.BY_CODE.values(), key=lambda kind: (kind.status, kind.code))
    rows = ([str(kind.status), code(kind.code), _meaning(kind), sentence(kind.hint)] for kind in kinds)
    return table(["status", "code", "meaning", "what to do"], rows)


def client_errors() -> str:
    """Return the errors that the app meets when it asks a sidecar, with the status that the rows get."""
    rows = (
        [code(kind.code), code(kind.row_status), _meaning(kind), sentence(kind.hint)]
        for kind in _all(SidecarError)
        if kind is not SidecarError
    )
    return table(["code", "`loglm_status` of the rows", "meaning", "what to do"], rows)


def local_errors() -> str:
    """Return the errors that never cross HTTP: settings, options, inputs, positions, deliveries."""
    kinds = [kind for kind in _all(LogLMError) if not kind.status and not issubclass(kind, SidecarError)]
    return table(
        ["code", "meaning", "what to do"], ([code(kind.code), _meaning(kind), sentence(kind.hint)] for kind in kinds)
    )


def _all(base: type[Kind]) -> Iterator[type[Kind]]:
    """Yield an error class of the table and all classes below it, in the order in which they are defined."""
    if base.__module__ == errors.__name__:
        yield base
        for kind in base.__subclasses__():
            yield from _all(kind)


def _meaning(kind: type[LogLMError]) -> str:
    return sentence((kind.__doc__ or "").split("\n\n")[0]) if kind is not LogLMError else "A defect of the sidecar."
