"""The search command's options: `| loglm [field=_raw] [by=<field,...>] [threshold=0..1] [top=1..10] [output=...] ...`.

splunklib's own option parser is not used. It gives every user `logging_configuration=<path>` (which evaluates the
content of that file) and `record=true` (which writes events and the session key to disk), and an invalid value ends
in "error code 1".
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

from loglm_bridge.contract.errors import OptionError
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.rows.columns import HINTS, OUTPUTS, column_names

#: Option -> parser of its text, which raises ValueError with what is expected.
Parsers = Mapping[str, Callable[[str], Any]]

#: Maximum characters of an invalid option that a message repeats.
_MAX_SHOWN = 80


class SearchOptions(NamedTuple):
    """The options of one search; `threshold` None keeps the model's own."""

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
        """Parse the arguments in the form in which splunkd passes them. Raises OptionError."""
        defaults: dict[str, Any] = {"threshold": settings.threshold, "top": settings.top, "prefix": settings.prefix}
        options = cls(**{**defaults, **parse_arguments(args, PARSERS)})
        options._check_input_fields()
        return options

    @property
    def event_fields(self) -> tuple[str, ...]:
        """Names of the fields that an event is read from: that of its text, then those of its entity."""
        return (self.field, *self.by)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that every row gets."""
        return column_names(self.prefix, self.output)

    @property
    def required_fields(self) -> list[str]:
        """Names of the fields that splunkd must send.

        The written columns are among them. So a row that is already labelled is labelled anew, column by column;
        otherwise splunkd would merge old and new values of the same name.
        """
        return list(dict.fromkeys((self.field, *self.by, *HINTS, *self.columns)))

    def _check_input_fields(self) -> None:
        for name in (self.field, *self.by):
            if name in self.columns:
                raise OptionError(f"{name} is a column that this search writes", hint="choose another prefix")


def parse_arguments(args: Sequence[str], parsers: Parsers) -> dict[str, Any]:
    """Return the values of a command's arguments `name=value`, without quotes, as splunkd passes them.

    Splunk may split `by=host, user` at the comma, so words without `=` after `by` belong to it.

    Raises:
        OptionError: an unknown or repeated option, or a value that cannot be used.
    """
    texts: dict[str, str] = {}
    last = ""
    for i, arg in enumerate(args):
        name, sign, value = arg.partition("=")
        if not sign and last == "by":
            texts["by"] += "," + arg
            continue
        if not sign and name.lower() in parsers:
            raise _missing_sign(name.lower(), args[i + 1 :])
        if name not in parsers or not sign:
            raise OptionError(f"{_unknown(name, sign)}; options are {', '.join(parsers)}")
        if name in texts:
            raise OptionError(f"{name} is given twice")
        texts[name], last = value, name
    return {name: _parse(name, text, parsers) for name, text in texts.items()}


def _missing_sign(name: str, following: Sequence[str]) -> OptionError:
    """Return the error of `by host` or `by = host`, as SPL's own commands have it: it says how to write that here."""
    words = [word for word in (arg.strip("=,") for arg in following) if word]
    values = [word for word in words if "=" not in word][: None if name == "by" else 1]
    written = one_line(f"{name}={','.join(values) or '...'}", _MAX_SHOWN)
    return OptionError(f'unexpected "{name}": write {written}')


def _unknown(name: str, sign: str) -> str:
    shown = one_line(name, _MAX_SHOWN)
    return f'unknown option "{shown}"' if sign else f'unexpected "{shown}"'


def _parse(name: str, text: str, parsers: Parsers) -> Any:
    try:
        return parsers[name](text.strip())
    except ValueError as error:
        raise OptionError(f'{name} must be {error}, got "{one_line(text, _MAX_SHOWN)}"') from error


PARSERS: Parsers = {
    "field": value_parsers.field_name,
    "by": value_parsers.field_names,
    "threshold": lambda text: value_parsers.number(text, 0, 1),
    "top": lambda text: value_parsers.whole(text, 1, MAX_TOP),
    "output": lambda text: value_parsers.choice(text, OUTPUTS),
    "explain": value_parsers.boolean,
    "onerror": lambda text: value_parsers.choice(text, ("pass", "fail")),
    "prefix": value_parsers.prefix,
}
