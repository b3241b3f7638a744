"""What labelling costs as things grow: repetition, batches, rows of a search, entities, events seen. For plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from loglm_bridge.bench.comparison import Curve, Points
from loglm_bridge.bench.environment import PASS_THROUGH, Environment, Sidecar, label_events
from loglm_bridge.bench.workload.streams import Stream, distinct, flows, mixed, shares

#: Shares of events that never come again.
_NEW_SHARES = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)

#: Events of a request.
_BATCHES = (1, 10, 50, 100, 250, 500, 1_000, 2_000)

#: Rows of a search, as multiples of a round's events.
_ROWS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

#: Pairs of addresses of the flows.
_PAIRS = (10, 100, 1_000, 10_000, 100_000)

#: Stretches of the run in which every event is new.
_STRETCHES = 10

#: Distance between the new events of one point and those of the next.
_APART = 1_000_000

Commands = Mapping[str, Sequence[str]]


def measure(environment: Environment) -> Iterator[Curve]:
    """Yield the curves; each point is the median of the rounds."""
    known = environment.first_stream
    with environment.sidecar() as sidecar:
        label_events([sidecar], known, 0, environment.events)
        yield _repetition(environment, sidecar, known)
        yield _batches(environment, sidecar, known)
        commands = {"| loglm": environment.command(sidecar), "pass-through": PASS_THROUGH}
        yield _rows(environment, commands, known)
        yield _entities(environment, commands)
    yield from _distinct_events(environment)


def _repetition(environment: Environment, sidecar: Sidecar, known: Stream) -> Curve:
    """Events a second of a sidecar that has labelled `known`, against the share of distinct canonical events."""
    points: Points = []
    for number, share in enumerate(_NEW_SHARES):
        stream, count = mixed("mixed", known, share, number * _APART), max(1, int(environment.events / (1 + 4 * share)))
        turns = range(1, 1 + environment.rounds)
        rate = median(count / label_events([sidecar], stream, turn * count, count, turn) for turn in turns)
        points.append((shares(stream.events(0, count))[1], rate))
    return Curve("repetition", "share of distinct canonical events", "events/s", {"loglm serve": points})


def _batches(environment: Environment, sidecar: Sidecar, known: Stream) -> Curve:
    """Events a second against the events of a request: known events, and (fewer of them) new ones."""
    lines: dict[str, Points] = {known.name: [], "distinct": []}
    for number, batch in enumerate(_BATCHES, start=len(_NEW_SHARES)):
        for stream, divisor in ((known, 2), (distinct(), 10)):
            count = max(1, min(environment.events // divisor, 500 * batch))
            starts = (number * _APART + turn * count for turn in range(environment.rounds))
            rate = median(count / label_events([sidecar], stream, start, count, 1, batch=batch) for start in starts)
            lines[stream.name].append((batch, rate))
    return Curve("batch", "events of a request", "events/s", lines)


def _rows(environment: Environment, commands: Commands, known: Stream) -> Curve:
    """Microseconds a row against the rows of a search, the command's start included."""
    lines: dict[str, Points] = {name: [] for name in commands}
    for multiple in _ROWS:
        count = max(1, int(environment.events * multiple))
        for name, cost in _costs(environment, commands, known, count).items():
            lines[name].append((count, cost))
    return Curve("rows", "rows of a search", "microseconds a row", lines)


def _entities(environment: Environment, commands: Commands) -> Curve:
    """Microseconds a row of `by=entity` against the entities of the search, the command's start included."""
    lines: dict[str, Points] = {name: [] for name in commands}
    for pairs in _PAIRS:
        stream = flows(pairs=pairs)
        entities = len({event.entity for event in stream.events(0, environment.events)})
        for name, cost in _costs(environment, commands, stream, environment.events).items():
            lines[name].append((entities, cost))
    return Curve("entities", "entities of a search (by=entity)", "microseconds a row", lines)


def _costs(environment: Environment, commands: Commands, stream: Stream, count: int) -> dict[str, float]:
    """Return the microseconds a row of each command, the median of the rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(environment.rounds):
        for name, command in commands.items():
            args = [f"by={stream.by}"] if stream.by and command != PASS_THROUGH else []
            events = stream.events(number * count, count, turn=1 + number)
            seconds[name].append(environment.search(command, events, args).seconds)
    return {name: 1e6 * median(of_rounds) / count for name, of_rounds in seconds.items()}


def _distinct_events(environment: Environment) -> Iterator[Curve]:
    """Microseconds an event and memory against the distinct events that the sidecar has labelled."""
    cost: Points = []
    memory: Points = []
    stream, count = distinct(), max(1, environment.events // 5)
    with environment.sidecar() as sidecar:
        for number in range(_STRETCHES):
            seconds = label_events([sidecar], stream, number * count, count)
            cost.append(((number + 1) * count, 1e6 * seconds / count))
            memory.append(((number + 1) * count, sidecar.memory() / 1e6))
    yield Curve("distinct", "distinct events seen", "microseconds an event", {"loglm serve": cost})
    yield Curve("memory", "distinct events seen", "MB", {"loglm serve": memory})
