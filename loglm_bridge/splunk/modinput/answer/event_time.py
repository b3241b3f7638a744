"""The time of an event in the answer to a search, in epoch seconds.

The search asks for epoch seconds in a field of its own (search_export.py). Where that is absent, `_time` is read as
splunkd renders it: ISO 8601, or `2026-10-08 13:48:34.000 GMT` in the user's time zone. Abbreviations of zones are
ambiguous: CST is a time of America, of Cuba and of China. Of several meanings the one nearest to the index time counts.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Iterable, Optional

from loglm_bridge.splunk.config import value_parsers

_TEXT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s?(?:([+-])(\d\d):?(\d\d)?|([A-Za-z]{1,6}))\Z",
    re.ASCII,
)

#: Hours from UTC of the abbreviations that strftime's %Z writes, the most common meaning first.
_ZONES = {
    "ACDT": (10.5,), "ACST": (9.5,), "ADT": (-3, 4), "AEDT": (11,), "AEST": (10,), "AKDT": (-8,), "AKST": (-9,),
    "AST": (-4, 3), "AWST": (8,), "BST": (1, 6), "CAT": (2,), "CDT": (-5, -4), "CEST": (2,), "CET": (1,),
    "CST": (-6, 8, -5), "EAT": (3,), "EDT": (-4,), "EEST": (3,), "EET": (2,), "EST": (-5,), "GMT": (0,), "HDT": (-9,),
    "HKT": (8,), "HST": (-10,), "IDT": (3,), "IST": (5.5, 2, 1), "JST": (9,), "KST": (9,), "MDT": (-6,), "MEST": (2,),
    "MET": (1,), "MSK": (3,), "MST": (-7,), "NDT": (-2.5,), "NST": (-3.5,), "NZDT": (13,), "NZST": (12,), "PDT": (-7,),
    "PKT": (5,), "PST": (-8,), "SAST": (2,), "SST": (-11,), "UTC": (0,), "WAT": (1,), "WEST": (1,), "WET": (0,),
    "WIB": (7,), "WIT": (9,), "WITA": (8,), "Z": (0,),
}  # fmt: skip

#: Hours from UTC of an abbreviation that is not among them: all offsets that are in use, by half hours.
_ALL_OFFSETS = tuple(half / 2 for half in range(-24, 29))

#: Range of epoch seconds that are believed: years 0 to 9999 in what datetime can represent.
_MAX_EPOCH = 253_402_300_799


def epoch_of(text: str, index_time: Optional[int]) -> Optional[float]:
    """Return a time as epoch seconds: epoch seconds already, ISO 8601, or a time with the name of a zone.

    None where it is none of these. `index_time` decides between the meanings of an ambiguous zone.
    """
    try:
        return value_parsers.number(text, -_MAX_EPOCH, _MAX_EPOCH)
    except ValueError:
        match = _TEXT.match(text)
    if match is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
        local = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
        offsets = _numeric_offset(*match.group(8, 9, 10)) if match[8] else _ZONES.get(match[11].upper(), _ALL_OFFSETS)
        seconds = local.timestamp() + (float(f"0.{match[7]}") if match[7] else 0.0)
        return _nearest((seconds - timedelta(hours=offset).total_seconds() for offset in offsets), index_time)
    except (ValueError, OverflowError):  # a 30th of February
        return None


def _numeric_offset(sign: str, hours: str, minutes: Optional[str]) -> tuple[float]:
    offset = int(hours) + int(minutes or 0) / 60
    return (-offset if sign == "-" else offset,)


def _nearest(times: Iterable[float], index_time: Optional[int]) -> float:
    first, *others = times
    return first if index_time is None else min((first, *others), key=lambda time: abs(time - index_time))
