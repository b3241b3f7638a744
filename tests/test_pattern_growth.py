"""No regular expression of the package takes more than linear time, whatever the text (docs/dev/faults.md)."""

import re
import time

import pytest

from tests.regex_growth import patterns, text_of, worst_cases

#: Sizes in characters; an exponential pattern stops at the first, and the last is tried where 16,000 take long enough.
SIZES = (24, 1_000, 4_000, 16_000, 64_000)
#: Seconds that 16,000 characters may take before growth is measured: a quadratic pattern takes longer.
MEASURABLE = 0.002
#: Times the duration may grow with four times the text: 4 is linear, 16 quadratic.
MAX_GROWTH = 6
#: Seconds that the largest text may take.
MAX_SECONDS = 0.5
#: Measurements that must agree: other programs run too.
MEASUREMENTS = 3


def seconds(pattern, text):
    """Return how long all matches of a text take, the best of a few."""
    subject = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    best = float("inf")
    for _ in range(4):
        start = time.process_time()
        for _ in pattern.finditer(subject):
            pass
        best = min(best, time.process_time() - start)
        if not MEASURABLE <= best <= MAX_SECONDS:
            break
    return best


def growth(pattern, case):
    """Return the durations where they grow too fast, an empty list where they do not."""
    durations = []
    for size in SIZES:
        durations.append(seconds(pattern, text_of(case, size)))
        if durations[-1] > MAX_SECONDS:
            return durations
        if size >= SIZES[-2] and durations[-1] < MEASURABLE:
            return []
        if size >= SIZES[-2] and durations[-1] > MAX_GROWTH * max(durations[-2], MEASURABLE / 10):
            return durations
    return []


def too_slow(pattern):
    """Return a case for which a pattern is slow, None where there is none."""
    for case in worst_cases(pattern):
        if all(growth(pattern, case) for _ in range(MEASUREMENTS)):
            return case
    return None


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_pattern_takes_linear_time():
    found = patterns()
    assert len(found) > 200
    slow = {f"{where} {pattern.pattern!r:.120}": too_slow(pattern) for pattern, where in found.items()}
    assert {name: case for name, case in slow.items() if case} == {}


@pytest.mark.parametrize("source", [r"\[\*\*\]\s+(.{1,300}?)\s+\[\*\*\]", r"(a+)+\Z", r"\d+\Z", r"x\s*\[?\s*y"])
def test_patterns_that_are_not_linear_are_recognised(source):
    assert too_slow(re.compile(source))
