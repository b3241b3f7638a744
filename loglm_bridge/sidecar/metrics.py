"""Metrics of the sidecar in the Prometheus text format (prometheus.io/docs/instrumenting/exposition_formats, 0.0.4).

Counters are consistent: `loglm_requests_received_total` is the sum of `loglm_requests_total` over all outcomes plus
`loglm_requests_in_flight`; the same holds for events. Only the thread of the event loop writes here.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Mapping
from pathlib import Path

from loglm_bridge.contract.errors import BY_CODE
from loglm_bridge.contract.verdict import MODEL_STATUSES
from loglm_bridge.contract.wire import ModelId

#: Outcomes of a request: answered, refused with the code of an error, or abandoned by its client.
OUTCOMES = ("ok", *BY_CODE, "gone")

#: Outcomes of an event: the status of its verdict, the code of the error that refused it, or abandoned by its client.
EVENT_OUTCOMES = (*MODEL_STATUSES, "overloaded", "not_ready", "model_error", "invalid_request", "internal", "gone")

#: Reasons for which the sidecar closes a connection.
CLOSED = ("refused", "evicted", "slow_head", "slow_body", "slow_reader", "malformed")

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Counter:
    """A number that only grows, for each value of at most one label; the values are declared beforehand."""

    def __init__(self, name: str, description: str, label: str = "", values: tuple[str, ...] = ("",)) -> None:
        self.name, self._description, self._label = name, description, label
        self.counts = dict.fromkeys(values, 0)

    def add(self, value: str = "", amount: int = 1) -> None:
        """Count. Raises KeyError for a label value that was not declared."""
        self.counts[value] += amount

    def lines(self) -> list[str]:
        """Return the lines of the exposition."""
        samples = [f'{{{self._label}="{value}"}} {n}' if value else f" {n}" for value, n in self.counts.items()]
        return [*_header(self.name, self._description, "counter"), *(self.name + sample for sample in samples)]


class Histogram:
    """Durations in seconds."""

    def __init__(self, name: str, description: str) -> None:
        self.name, self._description = name, description
        self._counts, self._sum = [0] * (len(_BUCKETS) + 1), 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(_BUCKETS, seconds)] += 1
        self._sum += seconds

    def lines(self) -> list[str]:
        """Return the lines of the exposition."""
        lines, total = _header(self.name, self._description, "histogram"), 0
        for bound, count in zip((*map(str, _BUCKETS), "+Inf"), self._counts, strict=True):
            total += count
            lines.append(f'{self.name}_bucket{{le="{bound}"}} {total}')
        return [*lines, f"{self.name}_sum {self._sum:.6f}", f"{self.name}_count {total}"]


class Metrics:
    """All metrics of one sidecar. `gauges` are evaluated at each exposition."""

    def __init__(self) -> None:
        self.requests_received = Counter("loglm_requests_received_total", "HTTP requests whose head was read.")
        self.requests = Counter("loglm_requests_total", "HTTP requests by outcome.", "outcome", OUTCOMES)
        self.events_received = Counter("loglm_events_received_total", "Events of well-formed requests.")
        self.events = Counter("loglm_events_total", "Events by outcome.", "outcome", EVENT_OUTCOMES)
        self.connections = Counter("loglm_connections_total", "Connections accepted.")
        self.closed = Counter("loglm_connections_closed_total", "Connections closed by the sidecar.", "reason", CLOSED)
        self.hung = Counter("loglm_inference_hung_total", "Calls of the model that passed their deadline.")
        self.failed = Counter(
            "loglm_inference_failed_total", "Calls of the model that raised or returned invalid numbers."
        )
        self.memory = Counter("loglm_inference_memory_total", "Calls of the model that ran out of memory.")
        self.restarts = Counter("loglm_model_restarts_total", "Times the model was loaded again after a failure.")
        self.request_seconds = Histogram("loglm_request_seconds", "Duration of requests for labels.")
        self.inference_seconds = Histogram("loglm_inference_seconds", "Duration of calls of the model.")
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {
            "process_resident_memory_bytes": ("Resident memory.", _resident_bytes),
        }

    def expose(self, model: ModelId | None, caches: Mapping[str, int]) -> str:
        """Return the body of GET /metrics; `caches` are the figures of the model's caches by name."""
        lines = [line for part in vars(self).values() if isinstance(part, Counter | Histogram) for line in part.lines()]
        for name, (description, read) in self.gauges.items():
            lines += [*_header(name, description, "gauge"), f"{name} {float(read())!r}"]
        typed = set()
        for name, value in caches.items():
            metric = name.partition("{")[0]
            if metric not in typed:
                lines.append(f"# TYPE loglm_{metric} {_cache_metric_type(metric)}")
                typed.add(metric)
            lines.append(f"loglm_{name} {value}")
        if model is not None:
            lines += _header("loglm_model_info", "The model that answers.", "gauge")
            lines.append(f"loglm_model_info{_labels(model.to_dict())} 1")
        return "\n".join(lines) + "\n"


def _header(name: str, description: str, metric_type: str) -> list[str]:
    return [f"# HELP {name} {description}", f"# TYPE {name} {metric_type}"]


def _cache_metric_type(name: str) -> str:
    return "counter" if name.endswith(("hits", "misses")) else "gauge"


def _labels(values: Mapping[str, str]) -> str:
    escaped = (v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for v in values.values())
    return "{" + ",".join(f'{k}="{v}"' for k, v in zip(values, escaped, strict=True)) + "}"


def _resident_bytes() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0  # not Linux
    return float(pages * os.sysconf("SC_PAGE_SIZE"))
