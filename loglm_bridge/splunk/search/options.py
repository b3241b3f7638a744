"""The search command's options: `| loglm [field=_raw] [by=<field,...>] [threshold=0..1] [top=1..10] [output=...] ...`.

splunklib's own option parser is not used: it offers every searcher `logging_configuration=<path>` (which evaluates what
is in that file) and `record=true` (which writes events and the session key to disk), and a bad value ends in
"error code 1".
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import OptionError
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.columns import HINTS, OUTPUTS, column_names

#: Option -> how its text is read; ValueError says what is wanted.
Readers = Mapping[str, Callable[[str], Any]]

#: Characters of a refused option that are repeated.
_MAX_SHOWN = 80


class SearchOptions(NamedTuple):
    """What one search asks for; `threshold` None leaves the model's own."""

    threshold: Optional[float]
    top: int
    prefix: str
    field: str = "_raw"
    by: tuple[str, ...] = ()
    output: str = "labels"
    explain: bool = False
    onerror: str = "pass"

    @classmethod
    def parse(cls, args: Sequence[str], settings: Settings) -> SearchOptions:
        """Read the arguments as splunkd hands them over. Raises OptionError."""
        found: dict[str, Any] = {"threshold": settings.threshold, "top": settings.top, "prefix": settings.prefix}
        options = cls(**{**found, **read_arguments(args, _READERS)})
        options._refuse_own_columns()
        return options

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that every row gets."""
        return column_names(self.prefix, self.output)

    @property
    def required_fields(self) -> list[str]:
        """The fields that splunkd has to send.

        The written columns are among them: a row that was labelled before is then labelled anew, column by column,
        instead of two values meeting under one name when splunkd joins the answer to the fields it kept.
        """
        return list(dict.fromkeys((self.field, *self.by, *HINTS, *self.columns)))

    def _refuse_own_columns(self) -> None:
        for name in (self.field, *self.by):
            if name in self.columns:
                raise OptionError(f"{name} is a column that this search writes", hint="choose another prefix")


def read_arguments(args: Sequence[str], readers: Readers) -> dict[str, Any]:
    """Return the values of a command's arguments `name=value`, quotes removed, as splunkd hands them over.

    Splunk may split `by=host, user` at the comma, so bare words after `by` belong to it.

    Raises:
        OptionError: an unknown or repeated option, or a value that cannot be used.
    """
    given: dict[str, str] = {}
    last = ""
    for arg in args:
        name, sign, value = arg.partition("=")
        if not sign and last == "by":
            given["by"] += "," + arg
            continue
        if name not in readers or not sign:
            raise OptionError(f"{_unknown(name, sign)}; options are {', '.join(readers)}")
        if name in given:
            raise OptionError(f"{name} is given twice")
        given[name], last = value, name
    return {name: _read(name, value, readers) for name, value in given.items()}


def _unknown(name: str, sign: str) -> str:
    shown = one_line(name, _MAX_SHOWN)
    return f'unknown option "{shown}"' if sign else f'unexpected "{shown}"'


def _read(name: str, value: str, readers: Readers) -> Any:
    try:
        return readers[name](value.strip())
    except ValueError as error:
        raise OptionError(f'{name} must be {error}, got "{one_line(value, _MAX_SHOWN)}"') from error


_READERS: Readers = {
    "field": value_parsers.field_name,
    "by": value_parsers.field_names,
    "threshold": lambda text: value_parsers.number(text, 0, 1),
    "top": lambda text: value_parsers.whole(text, 1, MAX_TOP),
    "output": lambda text: value_parsers.choice(text, OUTPUTS),
    "explain": value_parsers.truth,
    "onerror": lambda text: value_parsers.choice(text, ("pass", "fail")),
    "prefix": value_parsers.prefix,
}
