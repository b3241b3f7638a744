"""Bounds that both sides respect. Each names what it protects."""

from __future__ import annotations

#: Version of the HTTP interface; the first path segment (`/v1/`) and the reply's `api` key.
API_VERSION = 1

#: Name by which a sidecar identifies itself, so that a client detects another program on the port.
SERVICE = "loglm-sidecar"

#: Port of the sidecar unless configured otherwise.
DEFAULT_PORT = 8765

#: Bytes of UTF-8 of one raw event that are read; the rest is cut off and `truncated` is set.
MAX_RAW_BYTES = 65_536

#: Maximum characters of a hint (sourcetype, source, host) that the sidecar reads; the rest is cut off.
MAX_HINT = 1_024

#: Maximum events in one request; bounds the memory of a reply.
MAX_BATCH_EVENTS = 2_048

#: Maximum bytes of one request body; bounds the memory of a request before anything is parsed.
MAX_BODY_BYTES = 16 * 1024 * 1024

#: Maximum nesting of JSON, in a request and inside a raw event.
MAX_JSON_DEPTH = 32

#: Maximum techniques of one verdict.
MAX_TOP = 10

#: Maximum events of one entity in one window.
MAX_WINDOW_EVENTS = 64

#: Maximum characters of untrusted text that a message or log line repeats.
MAX_ECHO = 200
