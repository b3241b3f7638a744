"""A fake of splunkd's REST interface over real HTTP: search export, receivers, storage/passwords, event collector.

Responses have the form of real ones (docs/dev/splunk-facts.md). Every response has a Connection header, without which
splunk-sdk reads an empty body. The test that starts it sets events and faults.
"""

import json
import random
import re
import threading
import time
import urllib.parse
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

SESSION = "session-key-of-the-fake"
HEC_TOKEN = "11111111-2222-3333-4444-555555555555"

_ENTRY = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest">
  <title>{title}</title><id>https://localhost/services/{title}</id><updated>2026-11-01T00:00:00+00:00</updated>
  <generator build="0" version="10.0.0"/><author><name>Splunk</name></author>
  <entry>
    <title>{name}</title><id>https://localhost/services/{title}/{quoted}</id><updated>2026-11-01T00:00:00+00:00</updated>
    <link href="/services/{title}/{quoted}" rel="alternate"/><author><name>system</name></author>
    <content type="text/xml"><s:dict>{keys}</s:dict></content>
  </entry>
</feed>"""


def entry(title, name, **keys):
    """Return an Atom document with one entry."""
    text = "".join(f'<s:key name="{key}">{escape(value)}</s:key>' for key, value in keys.items())
    return _ENTRY.format(title=title, name=name, quoted=urllib.parse.quote(name, safe=""), keys=text)


def event(indextime, raw, time=None, **fields):
    """Return an event as it is indexed: every value is text, `_time` is ISO 8601 (see also `rendered`)."""
    at = datetime.fromtimestamp(indextime - 1.5 if time is None else time, tz=UTC)
    return {
        "_bkt": "main~0~0B5D2E4C-2F2A-4C52-8C1E-000000000000",
        "_cd": f"0:{indextime % 1000}",
        "_indextime": str(indextime),
        "_raw": raw,
        "_time": at.isoformat(timespec="milliseconds"),
        "host": "ws-17",
        "index": "main",
        "source": "WinEventLog:Security",
        "sourcetype": "win",
        **fields,
    }


def attack(indextime, number=0, **fields):
    """Return an event that the fake sidecar calls malicious."""
    return event(indextime, f"mimikatz.exe sekurlsa::logonpasswords #{number}", **fields)


def benign(indextime, number=0):
    """Return an event that the fake sidecar calls benign."""
    return event(indextime, f"user logged on #{number}")


class FakeSplunkd(ThreadingHTTPServer):
    """The server. `events` are indexed; further attributes set faults and count calls."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = []
        self.passwords = {}
        self.indexes = {"main", "notable", "risk"}
        self.roles = ["search_head"]
        self.answers = []  # bytes of the next answers to an export: a body, or a whole response with its head
        self.searches = []  # parameters of each export
        self.received = []  # (query, text) of each receivers/simple
        self.collected = []  # events of the collector that were indexed
        self.hec_requests = 0
        self.hec_sizes = []  # events of each request to the collector
        self.hec_headers = []
        self.hec_max_events = 1_000  # of one request; more are answered with 413
        self.hec_acknowledges = None  # None: no acknowledgements; else whether events count as indexed
        self.faults = {}  # endpoint -> faults of its next responses
        self.latest_is_inclusive = False
        self._random = random.Random(20261101)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def uri(self):
        """The server_uri of a session."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self):
        """Stop the server."""
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """Print nothing about clients that disconnect early, as a killed one does."""

    def fault(self, endpoint):
        """Return the fault of the next response of an endpoint."""
        faults = self.faults.get(endpoint)
        return faults.pop(0) if faults else None

    def search(self, form):
        """Return the events within a search's bounds, in random order, with the fields that it asks for."""
        low, high = int(form["index_earliest"]), int(form["index_latest"]) + self.latest_is_inclusive
        early, late = float(form["earliest_time"]), float(form["latest_time"])
        hits = [
            e
            for e in self.events
            if low <= int(e.get("_indextime", low)) < high
            and early <= datetime.fromisoformat(e["_time"]).timestamp() < late
        ]
        self._random.shuffle(hits)
        return [rendered(hit, form["search"]) for hit in hits]


def rendered(hit, search):
    """Return an event as export shows it: `_time` in the user's zone, copies by `eval`, and only the named fields."""
    at = datetime.fromisoformat(hit["_time"]).timestamp()
    shown = {**hit, "_time": datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " GMT"}
    shown.update((name, f"{at:.3f}") for name in re.findall(r"\| eval (\w+)=_time", search))
    names = re.findall(r'"((?:[^"\\]|\\.)*)"|([^\s,"]+)', search.rpartition("| fields ")[2])
    asked = {re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in names}
    return {name: value for name, value in shown.items() if name in asked or name.startswith("_")}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Print nothing."""

    def do_GET(self):
        self.route(b"")

    def do_POST(self):
        self.route(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def route(self, body):
        """Call the handler of a path, with or without a servicesNS namespace."""
        path, _, query = self.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query))
        if path == "/services/collector/ack":
            return self.acknowledge(body)
        if path.startswith("/services/collector"):
            return self.collect(body)
        if self.headers.get("Authorization") != f"Splunk {SESSION}":
            return self.refuse(401, "WARN", "call not properly authenticated")
        for end, answer in (
            ("/server/info", self.info),
            ("/search/v2/jobs/export", self.export),
            ("/search/v2/parser", self.parse),
            ("/receivers/simple", self.receive),
        ):
            if path.endswith(end):
                return answer(body)
        if "/data/indexes/" in path:
            name = path.rpartition("/")[2]
            known = name in self.server.indexes
            return self.reply(200, entry("data/indexes", name)) if known else self.refuse(404, "ERROR", "Not Found")
        if "/storage/passwords" in path:
            return self.password(urllib.parse.unquote(path.rpartition("/")[2]))
        return self.refuse(404, "ERROR", "Not Found")

    def info(self, _):
        """GET server/info."""
        document = entry("server-info", "server-info", version="10.0.0", guid="G", serverName="fake")
        roles = "".join(f"<s:item>{role}</s:item>" for role in self.server.roles)
        self.reply(
            200, document.replace("</s:dict>", f'<s:key name="server_roles"><s:list>{roles}</s:list></s:key></s:dict>')
        )

    def parse(self, body):
        """POST search/v2/parser."""
        if self.server.fault("parse") == "slow":
            time.sleep(10)
        query = dict(urllib.parse.parse_qsl(body.decode()))["q"]
        if query.count("(") != query.count(")"):
            return self.refuse(400, "FATAL", "Unbalanced parentheses in this search")
        return self.reply(200, "<response/>")

    def export(self, body):
        """POST search/v2/jobs/export: one JSON document per line, the last one marked."""
        form = dict(urllib.parse.parse_qsl(body.decode()))
        self.server.searches.append(form)
        if self.server.answers:
            return self.write_answer(self.server.answers.pop(0))
        fault = self.server.fault("export")
        if fault == "slow":
            time.sleep(2)
        if fault == "refused":
            return self.refuse(400, "FATAL", "Unknown search command 'frobnicate'")
        if fault == "busy":
            return self.refuse(503, "ERROR", "This search head is too busy")
        hits = self.server.search(form)
        lines = [json.dumps({"preview": False, "offset": i, "result": hit}) for i, hit in enumerate(hits)]
        if lines:
            lines[-1] = lines[-1].replace('"offset"', '"lastrow": true, "offset"', 1)
        else:
            lines = ['{"preview":false,"lastrow":true}']
        return self.stream(self.with_fault(lines, fault), cut=fault == "cut")

    @staticmethod
    def with_fault(lines, fault):
        """Return the lines of an answer with a fault."""
        half = len(lines) // 2
        if fault == "error midway":
            return [*lines[:half], '{"messages":[{"type":"FATAL","text":"Search process died\\nunexpectedly"}]}']
        if fault == "incomplete":
            return ['{"messages":[{"type":"WARN","text":"Search results might be incomplete: peer idx3"}]}', *lines]
        if fault == "half line":
            return [*lines[:half], lines[half][: len(lines[half]) // 2]]
        if fault == "unmarked":
            return [line.replace('"lastrow": true, ', "") for line in lines]
        if fault == "preview":
            shown = ['{"preview":true,"offset":0,"lastrow":true,"result":{"_raw":"not final","_indextime":"1"}}']
            return [
                "\ufeff" + shown[0],
                '{"messages":[{"type":"INFO","text":"Concurrency is high"}]}',
                *lines,
            ]
        return [] if fault == "no bytes" else lines

    def write_answer(self, data):
        """Send bytes as they are: a whole response, or the body of one."""
        self.close_connection = True
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        self.wfile.write(data if data.startswith(b"HTTP/") else head % len(data) + data)

    def stream(self, lines, cut):
        """Send lines with chunked encoding, as a search that is still running does."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for line in lines[: len(lines) // 2] if cut else lines:
            data = (line + "\n").encode()
            self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
        if not cut:
            self.wfile.write(b"0\r\n\r\n")

    def receive(self, body):
        """POST receivers/simple: the body is one event."""
        fault = self.server.fault("receive")
        if fault == "forbidden":
            return self.refuse(403, "WARN", "insufficient permission to access this resource")
        if fault == "busy":
            return self.refuse(503, "ERROR", "Server is busy")
        self.server.received.append((self.query, body.decode("utf-8")))
        return self.reply(
            200, "<response><results><result><field k='_index'>notable</field></result></results></response>"
        )

    def password(self, name):
        """GET storage/passwords/<realm:name:>."""
        if name not in self.server.passwords:
            return self.refuse(404, "ERROR", f"Could not find object id={name}")
        realm, user, _ = name.split(":")
        clear = self.server.passwords[name]
        return self.reply(
            200, entry("storage/passwords", name, clear_password=clear, realm=realm, username=user, password="***")
        )

    def acknowledge(self, body):
        """POST services/collector/ack: which batches are indexed."""
        wanted = json.loads(body)["acks"]
        self.reply(200, json.dumps({"acks": {str(i): self.server.hec_acknowledges is True for i in wanted}}))

    def collect(self, body):
        """POST services/collector/event, with the codes of the HTTP event collector."""
        self.server.hec_requests += 1
        self.server.hec_headers.append(dict(self.headers))
        given = self.headers.get("Authorization", "")
        fault = self.server.fault("hec")
        if not given:
            return self.hec(401, 2, "Token is required")
        if given != f"Splunk {HEC_TOKEN}":
            return self.hec(403, 4, "Invalid token")
        if isinstance(fault, tuple):  # status, body, headers
            return self.reply(*fault)
        if isinstance(fault, bytes):  # a whole response
            return self.write_answer(fault)
        if fault in ("busy", "broken"):
            return self.hec(503, 9, "Server is busy") if fault == "busy" else self.hec(500, 8, "Internal server error")
        if fault == "wrong index":
            return self.hec(400, 7, "Incorrect index", number=1)
        items = [json.loads(line) for line in body.decode("utf-8").splitlines()]
        self.server.hec_sizes.append(len(items))
        if len(items) > self.server.hec_max_events:
            return self.reply(413, "<html>Request Entity Too Large</html>")
        if self.server.hec_acknowledges is not None and not self.headers.get("X-Splunk-Request-Channel"):
            return self.hec(400, 10, "Data channel is missing")
        if fault == "lost answer":
            self.server.collected += items
            self.close_connection = True
            return None
        for i, item in enumerate(items):
            if "REJECT" in json.dumps(item["event"]):
                self.server.collected += items[:i]
                return self.hec(400, 6, "Invalid data format", number=i)
        self.server.collected += items
        acknowledged = {} if self.server.hec_acknowledges is None else {"ackId": self.server.hec_requests}
        return self.hec(200, 0, "Success", **acknowledged)

    def hec(self, status, code, text, number=None, **more):
        """Send a response of the event collector."""
        data = {"text": text, "code": code, **more}
        if number is not None:
            data["invalid-event-number"] = number
        self.reply(status, json.dumps(data))

    def refuse(self, status, level, text):
        """Send an error of splunkd."""
        self.reply(status, f'<response><messages><msg type="{level}">{escape(text)}</msg></messages></response>')

    def reply(self, status, text, headers=None):
        """Send a response."""
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
