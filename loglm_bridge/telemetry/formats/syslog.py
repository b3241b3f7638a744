"""Syslog: RFC 3164 with and without PRI, RFC 5424 with structured data; the body is parsed in turn.

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
_TIME = re.compile(
    r"(?:[*.:]?\s?(?:(?:19|20)\d\d )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s{1,2}\d{1,2}"
    r"(?: (?:19|20)\d\d)? \d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: (?:UTC|GMT|[A-Z]{1,3}T)(?=[ :]))?"
    r"|(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z{1,2}|[+-]\d\d:?\d\d)?)(?=[\s:])"
)
_RFC5424 = re.compile(r"\A1 (\S{1,40}) (\S{1,255}) (\S{1,128}) (\S{1,128}) (\S{1,64}) (?=\[|-(?: |\Z))")
_TAG = re.compile(
    r"\A([A-Za-z][\w./@+-]{0,80}(?:\([\w.:-]{1,40}\))?)\s?(?:\[[\w.#-]{1,40}\])?\s?(?:<[A-Za-z]{1,12}>)?: {0,2}"
)
# What is left of RFC 5424 where a collector cut its beginning: program, process id, message id, data.
_CUT_RFC5424 = re.compile(r"\A([A-Za-z][\w./-]{1,60}|-) (?:\d{1,10}|-) (?:-|[\w.-]{1,64}) (?:- |(?=\[))")
_CONTAINER = re.compile(r"std(?:out|err) [FP] ")
_PARAMETER = re.compile(r"([^\s=:;\[\]\"]{1,64})[=:]\"((?:[^\"\\\]]|\\.)*+)\"")
_HOST = re.compile(r"\A(?:[A-Za-z0-9][\w.:-]{0,254}|\[[0-9a-fA-F:.]{2,45}\])\Z")
#: Severity words that may precede the tag.
_SEVERITIES = frozenset({"info", "notice", "warning", "err", "crit", "alert", "emerg", "debug", "error"})
_MAX_SEVERITIES = 4
_MAX_PARAMETERS = 128
_MAX_ELEMENT = 16_384


def parse(text: str, event: Event) -> Record | None:
    """Parse a syslog line; None where it has neither a header nor a program's tag.

    The body is parsed by another format if it has one, else as a sentence of its program.
    """
    line = text.strip()
    priority = _PRI.match(line)
    if priority:
        line = line[priority.end() :].lstrip()
    rfc5424 = _RFC5424.match(line)
    if rfc5424:
        return _rfc5424(line[rfc5424.end() :], rfc5424, event)
    time = _TIME.match(line)
    if time:
        ambiguous = not priority and line[0].isdigit() and (line[10:11] == " " or "," in time.group())
        return _rfc3164(line[time.end() :].lstrip(" :"), event, ambiguous)
    tag = _TAG.match(line)
    if tag and (priority or "[" in tag.group() or linux.program(tag.group(1)) in linux.PROGRAMS):
        return _body(tag.group(1), line[tag.end() :], event)
    return _body("", line, event) if priority and line else None


def _rfc5424(rest: str, header: re.Match[str], event: Event) -> Record:
    parameters, body = _structured_data(rest)
    program = "" if header.group(3) == "-" else header.group(3)
    tag = _TAG.match(body) if not program else None
    if tag:
        program, body = tag.group(1), body[tag.end() :]
    record = _body(program, body.removeprefix("BOM").strip(), event)
    return record if not parameters else _with_parameters(record, parameters)


def _structured_data(rest: str) -> tuple[list[Field], str]:
    """Return the parameters of the structured data and the message after it; one pass over the elements."""
    if not rest.startswith("["):
        return [], rest[1:].strip()
    position = 0
    parameters: list[Field] = []
    while position < len(rest) and rest[position] == "[" and len(parameters) < _MAX_PARAMETERS:
        end = _element_end(rest, position)
        if end < 0:
            return [], rest
        parameters += [(n, v.replace('\\"', '"')) for n, v in _PARAMETER.findall(rest[position:end])]
        position = end + 1
    return parameters, rest[position:].strip()


def _element_end(rest: str, start: int) -> int:
    """Return the index of the bracket that closes the element, outside quotes; -1 where none does."""
    quoted = escaped = False
    for index in range(start, min(len(rest), start + _MAX_ELEMENT)):
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


def _rfc3164(rest: str, event: Event, ambiguous: bool) -> Record | None:
    """Parse what follows the time: a host, perhaps a program, then the body; host or program may be missing.

    Logs that programs write themselves begin with a time too. Where the time has such a form (`ambiguous`), a
    program's tag is required.
    """
    tag = _TAG.match(rest)
    if tag and "." not in tag.group(1)[:1] and linux.program(tag.group(1)) in linux.PROGRAMS:
        return _body(tag.group(1), rest[tag.end() :], event)
    container = _CONTAINER.match(rest)
    if container:
        return _body("", rest[container.end() :], event)
    host, blank, after = rest.partition(" ")
    if not blank or not _HOST.match(host.rstrip(":")):
        return None if ambiguous else _body("", rest, event)
    if _is_bare_tag(host):
        return None if ambiguous else _body(host[:-1], after.lstrip(), event)
    return _after_host(host, after.lstrip(" :"), event, ambiguous)


def _is_bare_tag(word: str) -> bool:
    """Distinguish a program's tag in the place of the host (`chronyd:`) from a host."""
    return word[:1].isalpha() and word.endswith(":") and word[:-1].replace("-", "").replace("_", "").isalnum()


def _after_host(host: str, rest: str, event: Event, ambiguous: bool) -> Record | None:
    """Parse what follows the host: perhaps severities, perhaps a tag, the body."""
    for _ in range(_MAX_SEVERITIES):
        tag = _TAG.match(rest)
        if tag and (not ambiguous or "[" in tag.group()):
            return _with_host(host, _body(tag.group(1), rest[tag.end() :], event))
        word, _, following = rest.partition(" ")
        if word not in _SEVERITIES:
            break
        rest = following.lstrip()
    if ambiguous:
        return None
    cut = _CUT_RFC5424.match(rest)
    if cut:
        return _with_host(host, _body(cut.group(1), rest[cut.end() :], event))
    return _with_host(host, _body("", rest, event))


def _with_host(host: str, record: Record) -> Record:
    """Return the record with a field for the host, so that its name can be masked in other values."""
    return Record(*record.event_type, (*record.fields, ("host", host.rstrip(":"))), record.truncated)


def _with_parameters(record: Record, parameters: list[Field]) -> Record:
    fields = tuple(field for field in record.fields if field != ("message", ""))
    return Record(*record.event_type, (*fields, *parameters), record.truncated)


def _body(tag: str, body: str, event: Event) -> Record:
    record = linux.known("syslog", tag, body) or bodies.parse(body, event)
    if record is None:
        record = network_os.parse("syslog", f"{tag}: {body}" if tag.startswith("%") else body)
    return record if record is not None else linux.record("syslog", tag, body)
