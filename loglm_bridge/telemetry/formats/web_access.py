"""Web server lines: common and combined log format and variants, IIS and other W3C lines, Apache and nginx error logs.

Formats: https://httpd.apache.org/docs/2.4/logs.html, https://nginx.org/en/docs/http/ngx_http_log_module.html,
https://www.w3.org/TR/WD-logfile.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.canonical.network.addresses import is_ip
from loglm_bridge.telemetry.record import Field, Record
from loglm_bridge.telemetry.scanning.key_value_scanner import quoted_strings

_METHODS = frozenset(
    {
        "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND", "PROPPATCH",
        "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "DEBUG", "TRACK", "RPC_IN_DATA",
        "RPC_OUT_DATA", "BPROPFIND", "SUBSCRIBE", "POLL",
    }
)  # fmt: skip
_TIME = re.compile(r"\[\d{1,2}/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d")
_STATUS = re.compile(r"\"[\s|\"\w/.-]{0,80}?[\s|]([1-5]\d\d)(?:[\s|]+(\d{1,15}|-))?(?=[\s|]|\Z)")
#: AWS load balancers write before the request: their own and the target's status, bytes in and out.
_STATUS_BEFORE = re.compile(r" ([1-5]\d\d) (?:[1-5]\d\d|-) \d{1,15} (\d{1,15}) \Z")
_ISO = re.compile(r"(?:\d{4}-\d\d-\d\d[ \t])?\d\d:\d\d:\d\d(?:\.\d{1,6})?[ \t]")
_ERROR = re.compile(
    r"(?:\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4}\] \[([\w-]{0,40}):?(\w{0,10})\]"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[()(\w{3,8})\] \d{1,10}#\d{1,10}:)\s?"
)
_CLIENT = re.compile(r"\[client ([0-9a-fA-F.:]{3,45}?)(?::(\d{1,5}))?\]|client: ([0-9a-fA-F.:]{3,45})")
#: Columns of IIS's own format; `_` is not used.
_IIS_COLUMNS = (
    "c-ip", "cs-username", "_", "_", "_", "_", "s-ip", "_", "_", "sc-bytes", "sc-status", "_", "cs-method",
    "cs-uri-stem", "cs-uri-query",
)  # fmt: skip
#: Columns of CloudFront from the fourth on; `_` is not used.
_CLOUDFRONT_COLUMNS = (
    "sc-bytes", "c-ip", "cs-method", "_", "cs-uri-stem", "sc-status", "cs(Referer)", "cs(User-Agent)", "cs-uri-query",
)  # fmt: skip
#: Columns of W3C lines from the method on, where there is no header.
_W3C_COLUMNS = ("cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")
_MAX_ACCESS_LINE = 16_384
#: Longest method, in characters.
_MAX_METHOD = 24


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one line of a web server's log; None where it is none."""
    line = text.strip()
    if line.startswith("#"):
        return _with_header(line)
    if _ISO.match(line):
        record = _w3c(line)
        if record is not None:
            return record
    if ", W3SVC" in line[:120]:
        return _iis_native(line)
    error = _ERROR.match(line)
    if error is not None:
        return _error(line, error)
    return _access(line) if '"' in line else None


def _access(line: str) -> Record | None:
    """Parse common log format: client and time, then a quoted request, a status, quoted referer and agent."""
    has_time = _TIME.search(line, 0, 400) is not None
    strings = quoted_strings(line[:_MAX_ACCESS_LINE])
    index = next((i for i, string in enumerate(strings[:4]) if _is_request(string)), -1)
    if index < 0 and not (has_time and strings and _STATUS.search(line, 0, _MAX_ACCESS_LINE)):
        return None
    request = strings[max(index, 0)]
    before = line[: line.find('"')]
    fields = [*_client_fields(before), *_request_fields(request)]
    end = line.find(request) + len(request)
    status = _STATUS_BEFORE.search(before[-80:]) or _STATUS.search(line, end, end + 160)
    if status is None and not has_time:
        return None
    if status is not None:
        fields += [("status", status.group(1)), ("bytes", status.group(2) or "")]
    fields += _header_fields(strings[max(index, 0) + 1 :])
    return _access_record(fields)


def _is_request(text: str) -> bool:
    word, blank, rest = text.partition(" ")
    has_version = bool(blank) and rest.rpartition(" ")[2].startswith(("HTTP/", "RTSP/"))
    return word in _METHODS or (has_version and len(word) < _MAX_METHOD)


def _request_fields(text: str) -> list[Field]:
    method, blank, rest = text.partition(" ")
    if not blank or len(method) > _MAX_METHOD:
        return [("payload", text)]
    uri, _, version = rest.rpartition(" ")
    if not version.startswith(("HTTP", "RTSP")):
        uri = rest
    return [("http_method", method), ("uri", uri)]


def _client_fields(before: str) -> list[Field]:
    """Return client address and user of the text before the request; the user is two words after the address."""
    words = before.split(None, 24)[:24]
    fields: list[Field] = []
    for index, word in enumerate(words):
        bare = word.strip("[],\"'")
        address = bare if is_ip(bare) else bare.rpartition(":")[0] if bare.count(":") == 1 else ""
        if address and is_ip(address):
            fields.append(("src_ip", address))
            user = words[index + 2] if len(words) > index + 2 else ""
            if user and user != "-" and not user.startswith("["):
                fields.append(("user", user))
            break
    return fields


def _header_fields(strings: list[str]) -> list[Field]:
    """Return referrer and agent of the strings after the status; a single string is the agent."""
    unescaped = [string.replace('\\"', '"') for string in strings[:2]]
    if not unescaped:
        return []
    if len(unescaped) == 1:
        return [("http_user_agent", unescaped[0])]
    referrer, agent = unescaped
    if "://" in agent[:10] and "://" not in referrer[:10]:
        referrer, agent = agent, referrer
    return [("http_referrer", referrer), ("http_user_agent", agent)]


def _with_header(text: str) -> Record | None:
    names: list[str] = []
    for line in text.split("\n", 32)[:32]:
        if line.startswith("#Fields:"):
            names = line[8:].split(None, 80)
        elif line and not line.startswith("#"):
            return _w3c_record(names, line.split(None, 80)) if names else _w3c(line)
    return None


def _iis_native(line: str) -> Record | None:
    """Parse IIS's own comma-separated format."""
    values = [value.strip() for value in line.split(",", 20)]
    return _w3c_record(_IIS_COLUMNS, values) if len(values) >= 14 else None


def _w3c(line: str) -> Record | None:
    """Parse a W3C line without a header; IIS has a fixed order from the method to the client.

    Of the columns after the client, agent, referrer and status are told by their form.
    """
    if "\t" in line:
        return _cloudfront(line.split("\t", 60))
    values = line.split(None, 60)
    index = next((i for i, value in enumerate(values[:10]) if value in _METHODS), -1)
    if index < 2 or len(values) < index + 7 or not values[index + 1].startswith(("/", "*", "http")):
        return None
    if not is_ip(values[index + 5]):
        return None
    tail = values[index + 6 :]
    agent = next((v for v in tail if "/" in v and not v.startswith(("HTTP/", "http"))), "")
    referrer = next((v for v in tail if v.startswith("http")), "")
    status = next((v for v in tail if len(v) == 3 and v.isdigit() and v[0] in "12345"), "")
    names = (*_W3C_COLUMNS, "cs(User-Agent)", "cs(Referer)", "sc-status")
    return _w3c_record(names, [*values[index : index + 6], agent, referrer, status])


def _cloudfront(values: list[str]) -> Record | None:
    """Parse CloudFront: date, time, edge, bytes, client, method, host, path, status, referer, agent, query."""
    if len(values) < 12 or values[5] not in _METHODS or not is_ip(values[4]):
        return None
    return _w3c_record(_CLOUDFRONT_COLUMNS, values[3:12])


def _w3c_record(names: Sequence[str], values: Sequence[str]) -> Record:
    by_name = dict(zip(names, values, strict=False))
    query = by_name.get("cs-uri-query", "-")
    stem = by_name.get("cs-uri-stem") or by_name.get("cs-uri") or ""
    agent = by_name.get("cs(User-Agent)", "").replace("+", " ")
    fields = [
        ("src_ip", by_name.get("c-ip", "")),
        ("user", by_name.get("cs-username", "")),
        ("http_method", by_name.get("cs-method", "")),
        ("uri", stem if query in ("-", "") else f"{stem}?{query}"),
        ("dest_port", by_name.get("s-port", "")),
        ("status", by_name.get("sc-status", "")),
        ("bytes", by_name.get("sc-bytes", "")),
        ("http_referrer", by_name.get("cs(Referer)", "")),
        ("http_user_agent", agent),
    ]
    return _access_record(fields)


def _error(line: str, header: re.Match[str]) -> Record:
    """Parse an error line: module and level of its header, client and request of its message."""
    module, level = header.group(1) or "", header.group(2) or header.group(4) or header.group(1) or ""
    body = line[header.end() :]
    client = _CLIENT.search(body, 0, 4_000)
    fields: list[Field] = [("severity", level), ("module", module if module != level else "")]
    if client:
        fields += [("src_ip", client.group(1) or client.group(3)), ("src_port", client.group(2) or "")]
    request = next((string for string in quoted_strings(body[:8_192]) if _is_request(string)), "")
    if request:
        fields += _request_fields(request)
    fields.append(("message", body))
    return Record("web_error", "web", "error", tuple(field for field in fields if field[1] not in ("", "-")))


def _access_record(fields: list[Field]) -> Record:
    present = (field for field in fields if field[1] not in ("", "-"))
    return Record("web_access", "web", "access", (("action", "http_request"), *present))
