"""A sidecar without a model: API v1 over HTTP with the real contract; the text of an event decides its label.

Runs as a process of its own (`python fake_sidecar.py TOKEN`) and prints its port. POST /control
{"fault": NAME, "times": N, "arg": X} makes the next N responses faulty (-1: all); GET /control returns counts.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.errors import (
    LogLMError,
    ModelFailed,
    NotReady,
    Overloaded,
    TooLarge,
    Unauthorized,
    VersionMismatch,
)
from loglm_bridge.contract.limits import API_VERSION, MAX_RAW_BYTES, SERVICE
from loglm_bridge.contract.reply import Reply, write_reply
from loglm_bridge.contract.verdict import FLAGGED_VERDICTS, Verdict
from loglm_bridge.contract.wire import ModelId, read_request

MODEL = ModelId("fake", "1.0", "ab" * 32)

#: Faults that are errors of the interface.
REFUSALS = {
    "busy": Overloaded("queue full"),
    "loading": NotReady("model is loading"),
    "model_error": ModelFailed("logits are not finite"),
    "mismatch": VersionMismatch("app and sidecar differ"),
}


def verdict_of(event, options):
    """Return the verdict: mimikatz is malicious, whoami suspicious, U+FFFD unparsed, the rest benign."""
    if event.raw.startswith("\ufffd"):
        return Verdict("unparsed", detail="no\nformat \u202e fits")
    if event.raw == "unreadable":
        return Verdict("error", detail="the model failed on this event; it is quarantined")
    text = event.raw.lower()
    score = 0.973 if "mimikatz" in text else 0.5 if "whoami" in text else 0.0123456789
    ranking = (technique("T1003.001", 0.91), technique("T1053.005", 0.25), technique("T1027", 0.05))
    verdict = "malicious" if score > 0.9 else "suspicious" if score == 0.5 else "benign"
    return Verdict(
        "ok",
        score=score,
        verdict=verdict,
        techniques=() if options.brief and verdict not in FLAGGED_VERDICTS else ranking[: options.top],
        novelty=0.125,
        truncated=event.raw == "dear to read" or len(event.raw.encode("utf-8", "surrogatepass")) > MAX_RAW_BYTES,
        embedding=(0.6, -0.8) if options.embedding else None,
        explanation={"tokens": ["a", "\u202e"]} if options.explain else None,
    )


def state_of(request):
    """Return the state of a request's entities: all their texts so far."""
    state = dict(request.state or {})
    for event in request.events if request.state is not None else ():
        state[event.entity] = state.get(event.entity, "") + f"<{event.raw}>"
    return state


class FakeSidecar(ThreadingHTTPServer):
    """The server, its faults and counts."""

    daemon_threads = True

    def __init__(self, token):
        super().__init__(("127.0.0.1", 0), Handler)
        self.token = token
        self.reset()

    def reset(self):
        """Reset counts and faults."""
        self.fault, self.times, self.arg = "", 0, None
        self.seen = {"health": 0, "requests": 0, "events": 0, "options": None, "last": None, "token": ""}
        self.seen |= {"batches": [], "past": []}

    def take_fault(self, *names):
        """Return the fault of this response, if it is one of `names`, else empty text."""
        if self.fault not in names or self.times == 0:
            return ""
        self.times -= 1
        return self.fault


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body of a response are two writes

    def log_message(self, *_):
        """Print nothing."""

    def do_GET(self):
        if self.path == "/control":
            return self.answer(200, self.server.seen)
        self.server.seen["health"] += 1
        self.server.seen["token"] += self.headers.get("Authorization", "")
        fault = self.server.take_fault("foreign", "api", "mute", "redirect")
        if fault == "redirect":
            return self.answer(302, {}, {"Location": "/elsewhere"})
        if fault == "mute":
            time.sleep(60)
        if fault == "foreign":
            return self.answer(200, {"hello": "I am a web application"})
        return self.answer(200, {"service": SERVICE, "api": 99 if fault else API_VERSION, "status": "ok"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/control":
            self.server.reset()
            self.server.__dict__.update(json.loads(body))
            return self.answer(200, {})
        try:
            return self.label(body)
        except LogLMError as error:
            return self.answer(error.status, error.to_dict(), {"Retry-After": str(self.server.arg or 0)})

    def label(self, body):
        """Answer POST /v1/label, with the requested fault, if any."""
        server = self.server
        server.seen["requests"] += 1
        if self.headers.get("Authorization") != f"Bearer {server.token}":
            raise Unauthorized("wrong token")
        request = read_request(body)
        fault = server.take_fault(
            "busy", "loading", "model_error", "mismatch", "fewer", "html", "hang", "too_large", "big", "forgetful"
        )
        if fault in REFUSALS:
            raise REFUSALS[fault]
        if fault == "too_large" and len(request.events) > server.arg:
            server.times += 1
            raise TooLarge("too many events")
        if fault == "hang":
            return time.sleep(server.arg)  # no response, and no counts: the next test may have started
        self.count(request)
        verdicts = tuple(verdict_of(event, request.options) for event in request.events)
        if fault == "html":
            return self.answer(502, "<html>bad gateway</html>")
        if server.fault == "fewer_of" and any(server.arg in event.raw for event in request.events):
            fault = "fewer"
        state = {} if fault == "forgetful" else state_of(request)
        reply = Reply(MODEL, verdicts[1:] if fault == "fewer" else verdicts, state)
        return self.answer(200, write_reply(reply, request.options.distinct, request.options.short))

    def count(self, request):
        """Count a request that is labelled."""
        seen = self.server.seen
        seen["events"] += len(request.events)
        seen["batches"].append(len(request.events))
        seen["options"] = request.options.to_dict()
        seen["past"].append(request.state)
        seen["last"] = [event.to_dict() for event in request.events[:20]]

    def answer(self, status, data, headers=None):
        """Send an answer."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    fake_sidecar = FakeSidecar(sys.argv[1])
    print(fake_sidecar.server_address[1], flush=True)
    fake_sidecar.serve_forever()
