"""Web server lines: common and combined log format and its kin, IIS and other W3C lines, Apache and nginx error logs.

Formats: https://httpd.apache.org/docs/2.4/logs.html, https://nginx.org/en/docs/http/ngx_http_log_module.html,
https://www.w3.org/TR/WD-logfile.html
"""

from __future__ import annotations

import re

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
#: Load balancers of AWS write the status before the request: target's and own, bytes in and out.
_STATUS_BEFORE = re.compile(r" ([1-5]\d\d) (?:[1-5]\d\d|-) \d{1,15} (\d{1,15}) \Z")
_ISO = re.compile(r"(?:\d{4}-\d\d-\d\d[ \t])?\d\d:\d\d:\d\d(?:\.\d{1,6})?[ \t]")
_ERROR = re.compile(
    r"(?:\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4}\] \[([\w-]{0,40}):?(\w{0,10})\]"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[()(\w{3,8})\] \d{1,10}#\d{1,10}:)\s?"
)
_CLIENT = re.compile(r"\[client ([0-9a-fA-F.:]{3,45}?)(?::(\d{1,5}))?\]|client: ([0-9a-fA-F.:]{3,45})")
_W3C = ("date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Read one line of a web server's log; None where it is none."""
    line = text.strip()
    if line.startswith("#"):
        return _with_header(line)
    if _ISO.match(line):
        found = _w3c(line)
        if found is not None:
            return found
    if ", W3SVC" in line[:120]:
        return _iis_native(line)
    error = _ERROR.match(line)
    if error is not None:
        return _error(line, error)
    return _access(line) if '"' in line else None


def _access(line: str) -> Record | None:
    """Common log format: something, then a quoted request, a status, and quoted referer and agent."""
    timed = _TIME.search(line, 0, 400) is not None
    strings = quoted_strings(line[:16_384])
    index = next((i for i, s in enumerate(strings[:4]) if _is_request(s)), -1)
    if index < 0 and not (timed and strings and _STATUS.search(line, 0, 16_384)):
        return None
    index = max(index, 0)
    fields = [*_client(line[: line.find('"')]), *_request(strings[index])]
    place = line.find(strings[index]) + len(strings[index])
    before = line[: line.find('"')]
    status = _STATUS_BEFORE.search(before[-80:]) or _STATUS.search(line, place, place + 160)
    if status is None and not timed:
        return None
    if status is not None:
        fields += [("status", status.group(1)), ("bytes", status.group(2) or "")]
    fields += _rest(strings[index + 1 :])
    return _record("access", fields)


def _is_request(text: str) -> bool:
    word, blank, rest = text.partition(" ")
    return word in _METHODS or (
        bool(blank) and rest.rpartition(" ")[2].startswith(("HTTP/", "RTSP/")) and len(word) < 24
    )


def _request(text: str) -> list[Field]:
    method, blank, rest = text.partition(" ")
    if not blank or len(method) > 24:
        return [("payload", text)]
    uri, _, version = rest.rpartition(" ")
    if not version.startswith(("HTTP", "RTSP")):
        uri = rest
    return [("http_method", method), ("uri", uri)]


def _client(before: str) -> list[Field]:
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


def _rest(strings: list[str]) -> list[Field]:
    """Behind the status stand the referer, then the agent; a lone string is the agent."""
    kept = [s.replace('\\"', '"') for s in strings[:3]]
    if not kept:
        return []
    if len(kept) == 1:
        return [("http_user_agent", kept[0])]
    first, second = kept[0], kept[1]
    if "://" in second[:10] and "://" not in first[:10]:
        first, second = second, first
    return [("http_referrer", first), ("http_user_agent", second)]


def _with_header(text: str) -> Record | None:
    names: list[str] = []
    for line in text.split("\n", 32)[:32]:
        if line.startswith("#Fields:"):
            names = line[8:].split(None, 80)
        elif line and not line.startswith("#"):
            return _named(names, line.split(None, 80)) if names else _w3c(line)
    return None


def _iis_native(line: str) -> Record | None:
    """IIS's own format: client, user, date, time, service, server, address, ms, in, out, status, code, method, path."""
    values = [v.strip() for v in line.split(",", 20)]
    if len(values) < 14:
        return None
    names = ("c-ip", "cs-username", "_", "_", "_", "_", "s-ip", "_", "_", "sc-bytes", "sc-status", "_", "cs-method",
             "cs-uri-stem", "cs-uri-query")  # fmt: skip
    return _named(list(names), values)


def _w3c(line: str) -> Record | None:
    """IIS writes a fixed order behind the method: path, query, port, user, client, ..., agent, ..., status."""
    if "\t" in line:
        return _cloudfront(line.split("\t", 60))
    values = line.split(None, 60)
    index = next((i for i, v in enumerate(values[:10]) if v in _METHODS), -1)
    if index < 2 or len(values) < index + 7 or not values[index + 1].startswith(("/", "*", "http")):
        return None
    names = ["cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip"]
    if not is_ip(values[index + 5]):
        return None
    fields = list(zip(names, values[index : index + 6], strict=False))
    tail = values[index + 6 :]
    agent = next((v for v in tail if "/" in v and not v.startswith(("HTTP/", "http"))), "")
    referrer = next((v for v in tail if v.startswith("http")), "")
    status = next((v for v in tail if len(v) == 3 and v.isdigit() and v[0] in "12345"), "")
    fields += [("cs(User-Agent)", agent), ("cs(Referer)", referrer), ("sc-status", status)]
    return _named([n for n, _ in fields], [v for _, v in fields])


def _cloudfront(values: list[str]) -> Record | None:
    """CloudFront: date, time, edge, bytes, client, method, host, path, status, referer, agent, query."""
    if len(values) < 12 or values[5] not in _METHODS or not is_ip(values[4]):
        return None
    names = ["sc-bytes", "c-ip", "cs-method", "_", "cs-uri-stem", "sc-status", "cs(Referer)", "cs(User-Agent)",
             "cs-uri-query"]  # fmt: skip
    return _named(names, values[3:12])


def _named(names: list[str], values: list[str]) -> Record:
    found = dict(zip(names, values, strict=False))
    query = found.get("cs-uri-query", "-")
    stem = found.get("cs-uri-stem") or found.get("cs-uri") or ""
    agent = found.get("cs(User-Agent)", "").replace("+", " ")
    fields = [
        ("src_ip", found.get("c-ip", "")),
        ("user", found.get("cs-username", "")),
        ("http_method", found.get("cs-method", "")),
        ("uri", stem if query in ("-", "") else f"{stem}?{query}"),
        ("dest_port", found.get("s-port", "")),
        ("status", found.get("sc-status", "")),
        ("bytes", found.get("sc-bytes", "")),
        ("http_referrer", found.get("cs(Referer)", "")),
        ("http_user_agent", agent),
    ]
    return _record("access", fields)


def _error(line: str, found: re.Match[str]) -> Record:
    module, level = found.group(1) or "", found.group(2) or found.group(4) or found.group(1) or ""
    body = line[found.end() :]
    client = _CLIENT.search(body, 0, 4_000)
    fields: list[Field] = [("severity", level), ("module", module if module != level else "")]
    if client:
        fields += [("src_ip", client.group(1) or client.group(3)), ("src_port", client.group(2) or "")]
    request = next((s for s in quoted_strings(body[:8_192]) if _is_request(s)), "")
    if request:
        fields += _request(request)
    fields.append(("message", body))
    return Record("web_error", "web", "error", tuple(f for f in fields if f[1] not in ("", "-")))


def _record(kind: str, fields: list[Field]) -> Record:
    kept = tuple(f for f in fields if f[1] not in ("", "-"))
    return Record("web_access", "web", kind, (("action", "http_request"), *kept))
