"""What labelling costs as things grow: repetition, batches, rows of a search, entities, events seen. For plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from loglm_bridge.bench.environment import PASS_THROUGH, Setting, Sidecar, label
from loglm_bridge.bench.workload import splunkd_driver
from loglm_bridge.bench.workload.streams import Stream, distinct, flows, mixed, shares

#: Shares of events that never come again.
_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)

#: Events of a request.
_BATCHES = (1, 10, 50, 100, 250, 500, 1_000, 2_000)

#: Rows of a search, in parts of a round.
_PARTS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

_PAIRS = (10, 100, 1_000, 10_000, 100_000)

#: Stretches of the run in which every event is new.
_STRETCHES = 10

#: So many new events lie between two curves' new events.
_APART = 1_000_000

Points = list[tuple[float, float]]
Commands = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Curve:
    """One plot: what stands on its axes, and the points (x, y) of each line."""

    name: str
    x: str
    y: str
    lines: dict[str, Points]

    def to_dict(self) -> dict[str, Any]:
        """Return what bench.json holds."""
        return {"x": self.x, "y": self.y, "lines": self.lines}


def measure(setting: Setting) -> Iterator[Curve]:
    """Yield the curves; each point is the median of the rounds."""
    known = next(iter(setting.streams.values()))
    with setting.sidecar() as sidecar:
        label([sidecar], known, 0, setting.events)
        yield _repetition(setting, sidecar, known)
        yield _batches(setting, sidecar, known)
        commands = {"| loglm": setting.command(sidecar), "pass-through": PASS_THROUGH}
        yield _rows(setting, commands, known)
        yield _entities(setting, commands)
    yield from _seen(setting)


def _repetition(setting: Setting, sidecar: Sidecar, known: Stream) -> Curve:
    """Events a second of a sidecar that knows `known`, against the share of distinct canonical events."""
    points: Points = []
    for number, share in enumerate(_SHARES):
        stream, count = mixed("mixed", known, share, number * _APART), max(1, int(setting.events / (1 + 4 * share)))
        rounds = range(1, 1 + setting.rounds)
        rate = median(count / label([sidecar], stream, turn * count, count, turn) for turn in rounds)
        points.append((shares(stream.events(0, count))[1], rate))
    return Curve("repetition", "share of distinct canonical events", "events/s", {"loglm serve": points})


def _batches(setting: Setting, sidecar: Sidecar, known: Stream) -> Curve:
    """Events a second against the events of a request: known events, and (fewer of them) new ones."""
    lines: dict[str, Points] = {known.name: [], "distinct": []}
    for number, batch in enumerate(_BATCHES, start=len(_SHARES)):
        for stream, part in ((known, 2), (distinct(), 10)):
            count = max(1, min(setting.events // part, 500 * batch))
            starts = (number * _APART + turn * count for turn in range(setting.rounds))
            rate = median(count / label([sidecar], stream, start, count, 1, batch=batch) for start in starts)
            lines[stream.name].append((batch, rate))
    return Curve("batch", "events of a request", "events/s", lines)


def _rows(setting: Setting, commands: Commands, known: Stream) -> Curve:
    """Microseconds a row against the rows of a search, the command's start included."""
    lines: dict[str, Points] = {name: [] for name in commands}
    for part in _PARTS:
        count = max(1, int(setting.events * part))
        for name, cost in _costs(setting, commands, known, count).items():
            lines[name].append((count, cost))
    return Curve("rows", "rows of a search", "microseconds a row", lines)


def _entities(setting: Setting, commands: Commands) -> Curve:
    """Microseconds a row of `by=entity` against the entities of the search, the command's start included."""
    lines: dict[str, Points] = {name: [] for name in commands}
    for pairs in _PAIRS:
        stream = flows(pairs=pairs)
        entities = len({event.entity for event in stream.events(0, setting.events)})
        for name, cost in _costs(setting, commands, stream, setting.events).items():
            lines[name].append((entities, cost))
    return Curve("entities", "entities of a search (by=entity)", "microseconds a row", lines)


def _costs(setting: Setting, commands: Commands, stream: Stream, count: int) -> dict[str, float]:
    """Return the microseconds a row of each command, the median of the rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(setting.rounds):
        for name, command in commands.items():
            args = [f"by={stream.by}"] if stream.by and command != PASS_THROUGH else []
            events = stream.events(number * count, count, turn=1 + number)
            seconds[name].append(splunkd_driver.search(command, args, events, setting.env).seconds)
    return {name: 1e6 * median(found) / count for name, found in seconds.items()}


def _seen(setting: Setting) -> Iterator[Curve]:
    """Microseconds an event and memory against the distinct events that the sidecar has seen."""
    cost: Points = []
    memory: Points = []
    stream, count = distinct(), max(1, setting.events // 5)
    with setting.sidecar() as sidecar:
        for number in range(_STRETCHES):
            seconds = label([sidecar], stream, number * count, count)
            cost.append(((number + 1) * count, 1e6 * seconds / count))
            memory.append(((number + 1) * count, sidecar.memory() / 1e6))
    yield Curve("distinct", "distinct events seen", "microseconds an event", {"loglm serve": cost})
    yield Curve("memory", "distinct events seen", "MB", {"loglm serve": memory})
