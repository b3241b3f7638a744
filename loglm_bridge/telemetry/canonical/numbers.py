"""Numbers to readable ranges: the magnitude matters, the exact figure does not (and would identify one machine)."""

from __future__ import annotations

import math
import re

from loglm_bridge.telemetry.byte_cache import remembered

#: Longest text that is read as a number; a longer one is not a measurement.
_MAX_NUMBER = 64

_NUMBER = re.compile(r"\A([-+]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([-+]?\d{1,3}))?\s?([A-Za-z%/]{0,8})\Z", re.ASCII)
_HEX = re.compile(r"\A0[xX][0-9a-fA-F]{1,32}\Z")
_UNITS = ("", "k", "M", "G", "T", "P", "E")
#: (upper limit in seconds, range).
_DURATIONS = (
    (1e-3, "{<1ms}"),
    (1e-2, "{1-10ms}"),
    (1e-1, "{10-100ms}"),
    (1.0, "{0.1-1s}"),
    (10.0, "{1-10s}"),
    (60.0, "{10-60s}"),
    (600.0, "{1-10m}"),
    (3600.0, "{10-60m}"),
    (86_400.0, "{1-24h}"),
    (604_800.0, "{1-7d}"),
)


def bucket(value: str) -> str:
    """Return a number's power-of-two range: 0 -> {0}, 3 -> {2-3}, 1500 -> {1k-2k}, -5 -> -{4-7}, 12% -> {8-15}%.

    Below one the ranges are decades ({0.1-1}). Hexadecimal with 0x is read too. Text that is not a number gives
    {other}, empty text and "-" give "".
    """
    return _bucket(value[:_MAX_NUMBER])


def duration(value: str) -> str:
    """Return the range of a duration in seconds: 0 -> {0s}, 0.004 -> {1-10ms}, 90 -> {1-10m}."""
    return _duration(value[:_MAX_NUMBER])


def bytes_bucket(value: str) -> str:
    """Return the power-of-two range of a size in bytes: 0 -> {0B}, 40 -> {32-63B}, 3000 -> {2k-4kB}."""
    return _bytes(value[:_MAX_NUMBER])


def number(value: str) -> float | None:
    """Return the number that a text holds (a short unit after it is ignored), None where it is not a number."""
    text = value[:_MAX_NUMBER].strip()
    if text.isascii() and text.isdigit():
        return float(text)
    split = _split(text)
    return None if split is None else split[0]


def _split(text: str) -> tuple[float, str] | None:
    """Return (number, unit), None where the text is not a number."""
    if _HEX.match(text):
        return float(int(text, 16)), ""
    match = _NUMBER.match(text)
    if match is None:
        return None
    sign, digits, exponent, unit = match.groups()
    return float(f"{sign}{digits}e{exponent or 0}"), unit


@remembered(3)
def _bucket(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    split = _split(text)
    if split is None:
        return "{other}"
    return _range(split[0]) + split[1]


@remembered(3)
def _bytes(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    split = _split(text)
    return "{other}" if split is None else _range(split[0], "B")


@remembered(3)
def _duration(value: str) -> str:
    text = value.strip()
    if text in ("", "-"):
        return ""
    split = _split(text)
    if split is None:
        return "{other}"
    seconds = abs(split[0])
    if seconds == 0:
        return "{0s}"
    return next((name for limit, name in _DURATIONS if seconds < limit), "{>7d}")


def _range(value: float, unit: str = "") -> str:
    sign, size = ("-", -value) if value < 0 else ("", value)
    if size == 0:
        return f"{{0{unit}}}"
    if size < 1:
        return f"{sign}{_fraction(size, unit)}"
    if math.isinf(size):
        return f"{sign}{{huge{unit}}}"
    power = math.frexp(size)[1] - 1
    if power == 0:
        return f"{sign}{{1{unit}}}"
    if power < 10:
        return f"{sign}{{{1 << power}-{(2 << power) - 1}{unit}}}"
    if power >= 10 * len(_UNITS):
        return f"{sign}{{huge{unit}}}"
    low, high = divmod(power, 10), divmod(power + 1, 10)
    top = f"{1 << high[1]}{_UNITS[high[0]]}" if high[0] < len(_UNITS) else "huge"
    return f"{sign}{{{1 << low[1]}{_UNITS[low[0]]}-{top}{unit}}}"


def _fraction(size: float, unit: str) -> str:
    if size >= 0.1:
        return f"{{0.1-1{unit}}}"
    if size >= 0.01:
        return f"{{0.01-0.1{unit}}}"
    return f"{{0.001-0.01{unit}}}" if size >= 0.001 else f"{{<0.001{unit}}}"
