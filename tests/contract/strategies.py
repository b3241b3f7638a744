"""Hypothesis strategies for what travels between client and sidecar."""

from hypothesis import strategies as st

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.contract.errors import LogLMError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.limits import MAX_TOP
from loglm_bridge.contract.verdict import MODEL_STATUSES, VERDICTS, Verdict
from loglm_bridge.contract.wire import ModelId, Options

#: Any text, lone surrogates and NUL included.
TEXT = st.text(st.characters(), max_size=40)
UNIT = st.floats(0, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=5),
    lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text(max_size=5), t, max_size=4),
    max_leaves=10,
)
EVENTS = st.builds(
    Event,
    raw=TEXT,
    sourcetype=TEXT,
    source=TEXT,
    host=TEXT,
    time=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    entity=TEXT,
)
OPTIONS = st.builds(
    Options,
    top=st.integers(1, MAX_TOP),
    embedding=st.booleans(),
    explain=st.booleans(),
    sequence=st.booleans(),
    distinct=st.booleans(),
    brief=st.booleans(),
    short=st.booleans(),
)
TECHNIQUE_TUPLES = st.lists(st.builds(technique, st.sampled_from(sorted(TECHNIQUES)), UNIT), max_size=3).map(tuple)
ANY_VERDICTS = st.builds(
    Verdict,
    status=st.sampled_from(MODEL_STATUSES),
    score=st.none() | UNIT,
    verdict=st.none() | st.sampled_from(VERDICTS),
    techniques=TECHNIQUE_TUPLES,
    novelty=st.none() | UNIT,
    truncated=st.booleans(),
    embedding=st.none() | st.lists(st.floats(-1, 1), max_size=4).map(tuple),
    explanation=st.none() | st.dictionaries(TEXT, TEXT, max_size=2),
    detail=st.none() | TEXT,
)

#: Verdicts that have a short form.
SHORT_VERDICTS = st.builds(
    Verdict,
    status=st.just("ok"),
    score=UNIT,
    verdict=st.sampled_from(VERDICTS),
    techniques=TECHNIQUE_TUPLES,
    novelty=UNIT,
    truncated=st.booleans(),
    embedding=st.none(),
    explanation=st.none(),
    detail=st.none(),
)
MODEL = ModelId(name="loglm", version="1.0.0", sha256="ab" * 32)


def result_or_error(read, *arguments):
    """Return what `read` returns, or the error of this package that it raises."""
    try:
        return read(*arguments)
    except LogLMError as error:
        return error
