"""Syslog, RFC 3164 with and without PRI, RFC 5424 with structured data, and what stands inside: the body is read again.

https://www.rfc-editor.org/rfc/rfc3164, https://www.rfc-editor.org/rfc/rfc5424
"""

from __future__ import annotations

import re

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import network_os
from loglm_bridge.telemetry.families.unix import linux
from loglm_bridge.telemetry.formats import body as bodies
from loglm_bridge.telemetry.record import Field, Record

_PRI = re.compile(r"<\d{1,3}>")
_STAMP = re.compile(
    r"(?:[*.:]?\s?(?:(?:19|20)\d\d )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s{1,2}\d{1,2}"
    r"(?: (?:19|20)\d\d)? \d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: (?:UTC|GMT|[A-Z]{1,3}T)(?=[ :]))?"
    r"|(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z{1,2}|[+-]\d\d:?\d\d)?)(?=[\s:])"
)
_RFC5424 = re.compile(r"1 (\S{1,40}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) (?=\[|-(?: |\Z))")
_TAG = re.compile(
    r"([A-Za-z][\w./@+-]{0,80}(?:\([\w.:-]{1,40}\))?)\s?(?:\[[\w.#-]{1,40}\])?\s?(?:<[A-Za-z]{1,12}>)?: {0,2}"
)
_CUT = re.compile(r"([A-Za-z][\w./-]{1,60}|-) (?:\d{1,10}|-) (?:-|[\w.-]{1,64}) (?:- |(?=\[))")
_CONTAINER = re.compile(r"std(?:out|err) [FP] ")
_PARAMETER = re.compile(r"([^\s=:;\[\]\"]{1,64})[=:]\"((?:[^\"\\\]]|\\.)*+)\"")
_HOST = re.compile(r"[A-Za-z0-9][\w.:-]{0,254}\Z|\[[0-9a-fA-F:.]{2,45}\]\Z")
_MAX_HEADER = 4


def parse(text: str, event: Event) -> Record | None:
    """Read a syslog line; None where it has neither a header nor a program's tag.

    The body is read by the other formats where it is one of theirs, else by its program's sentences.
    """
    line, marked = text.strip(), False
    found = _PRI.match(line)
    if found:
        line, marked = line[found.end() :].lstrip(), True
    five = _RFC5424.match(line)
    if five:
        return _rfc5424(line[five.end() :], five, event)
    stamp = _STAMP.match(line)
    if stamp:
        loose = not marked and line[0].isdigit() and (line[10:11] == " " or "," in stamp.group())
        return _rfc3164(line[stamp.end() :].lstrip(" :"), event, loose)
    tagged = _TAG.match(line)
    if tagged and (marked or "[" in tagged.group() or linux.program(tagged.group(1)) in linux.PROGRAMS):
        return _body(tagged.group(1), line[tagged.end() :], event)
    return _body("", line, event) if marked and line else None


def _rfc5424(rest: str, header: re.Match[str], event: Event) -> Record:
    parameters, body = _structured(rest)
    tag = "" if header.group(3) == "-" else header.group(3)
    tagged = _TAG.match(body) if not tag else None
    if tagged:
        tag, body = tagged.group(1), body[tagged.end() :]
    record = _body(tag, body.removeprefix("BOM").strip(), event)
    return record if not parameters else _with(record, parameters)


def _structured(rest: str) -> tuple[list[Field], str]:
    """Return the parameters of the structured data and the message behind it; one pass over the brackets."""
    if not rest.startswith("["):
        return [], rest[1:].strip()
    position = 0
    parameters: list[Field] = []
    while position < len(rest) and rest[position] == "[" and len(parameters) < 128:
        end = _element_end(rest, position)
        if end < 0:
            return [], rest
        parameters += [(n, v.replace('\\"', '"')) for n, v in _PARAMETER.findall(rest[position:end])]
        position = end + 1
    return parameters, rest[position:].strip()


def _element_end(rest: str, start: int) -> int:
    """Return the place of the bracket that closes the element, quotes respected; -1 where none does."""
    quoted = escaped = False
    for index in range(start, min(len(rest), start + 16_384)):
        character = rest[index]
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "]" and not quoted:
            return index
    return -1


def _rfc3164(rest: str, event: Event, loose: bool) -> Record | None:
    """What follows the time: a host, perhaps a program, then the body; either may be missing.

    Programs' own logs start with a time too: where that is likely (`loose`), a program must follow.
    """
    tagged = _TAG.match(rest)
    if tagged and "." not in tagged.group(1)[:1] and linux.program(tagged.group(1)) in linux.PROGRAMS:
        return _body(tagged.group(1), rest[tagged.end() :], event)
    container = _CONTAINER.match(rest)
    if container:
        return _body("", rest[container.end() :], event)
    host, blank, after = rest.partition(" ")
    if not blank or not _HOST.match(host.rstrip(":")):
        return None if loose else _body("", rest, event)
    if host[:1].isalpha() and host.endswith(":") and host[:-1].replace("-", "").replace("_", "").isalnum():
        return None if loose else _body(host[:-1], after.lstrip(), event)
    after = after.lstrip(" :")
    for _ in range(_MAX_HEADER):
        tagged = _TAG.match(after)
        if tagged and (not loose or "[" in tagged.group()):
            return _hosted(host, _body(tagged.group(1), after[tagged.end() :], event))
        word, blank, following = after.partition(" ")
        if word not in ("info", "notice", "warning", "err", "crit", "alert", "emerg", "debug", "error"):
            break
        after = following.lstrip()
    if loose:
        return None
    found = _dashed(after)
    if found:
        return _hosted(host, _body(found.group(1), after[found.end() :], event))
    return _hosted(host, _body("", after, event))


def _dashed(text: str) -> re.Match[str] | None:
    """Match what is left of RFC 5424 where a collector cut its beginning: program, process, message id, data."""
    return _CUT.match(text)


def _hosted(host: str, record: Record) -> Record:
    """Name the host, so that it can be taken out of the other values."""
    return Record(
        record.format, record.family, record.kind, (*record.fields, ("host", host.rstrip(":"))), record.truncated
    )


def _body(tag: str, body: str, event: Event) -> Record:
    found = linux.known("syslog", tag, body) or bodies.parse(body, event)
    if found is None:
        found = network_os.parse("syslog", f"{tag}: {body}" if tag.startswith("%") else body)
    return found if found is not None else linux.record("syslog", tag, body)


def _with(record: Record, parameters: list[Field]) -> Record:
    fields = tuple(f for f in record.fields if f != ("message", "")) + tuple(parameters)
    return Record(record.format, record.family, record.kind, fields, record.truncated)
