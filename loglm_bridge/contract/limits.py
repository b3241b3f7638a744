"""Bounds that both sides respect. Each names what it protects."""

from __future__ import annotations

#: Version of the HTTP interface; the first path segment (`/v1/`) and the reply's `api` key.
API_VERSION = 1

#: Name by which a sidecar identifies itself, so that a client notices a foreign program on the port.
SERVICE = "loglm-sidecar"

#: Port of the sidecar unless configured otherwise.
DEFAULT_PORT = 8765

#: Bytes of UTF-8 of one raw event that are read; the rest is cut and `truncated` is set.
MAX_RAW_BYTES = 65_536

#: Events in one request; bounds the memory of a reply.
MAX_BATCH_EVENTS = 2_048

#: Bytes of one request body; bounds the memory of a request before anything is parsed.
MAX_BODY_BYTES = 16 * 1024 * 1024

#: Deepest nesting of JSON that is read, in a request and inside a raw event.
MAX_JSON_DEPTH = 32

#: Most techniques of one verdict.
MAX_TOP = 10

#: Events of one entity that one sequence window may hold.
MAX_WINDOW_EVENTS = 64

#: Characters of untrusted text that are repeated in a message or log line.
MAX_ECHO = 200
