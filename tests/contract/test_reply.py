"""Replies on the wire: what one side writes the other reads back equal, in full or short form, and nothing else."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.attack import technique
from loglm_bridge.contract.errors import BadReply
from loglm_bridge.contract.json_codec import encode
from loglm_bridge.contract.reply import Reply, join_reply, read_reply, write_reply, write_verdict
from loglm_bridge.contract.verdict import Technique, Verdict
from loglm_bridge.contract.wire import Options, join_request, read_request
from tests.contract.strategies import ANY_VERDICTS, JSON, MODEL, SHORT_VERDICTS, TEXT, result_or_error


@given(st.lists(ANY_VERDICTS, max_size=5))
def test_reply_reads_back_unchanged(verdicts):
    reply = Reply(MODEL, tuple(verdicts))
    body = write_reply(reply)
    assert body == write_reply(reply)
    assert read_reply(body, len(verdicts)) == reply


@given(ANY_VERDICTS)
def test_verdict_is_written_like_the_json_module(verdict):
    assert write_verdict(verdict) == json.dumps(verdict.to_dict(), separators=(",", ":")).encode()


@given(st.lists(ANY_VERDICTS, min_size=1, max_size=5), st.lists(st.integers(0, 4), max_size=20))
def test_distinct_reply_contains_each_result_once(verdicts, drawn):
    reply = Reply(MODEL, tuple(verdicts[i % len(verdicts)] for i in drawn))
    body = write_reply(reply, distinct=True)
    assert read_reply(body, len(drawn)) == reply
    assert len(json.loads(body)["results"]) == len({write_verdict(v) for v in reply.verdicts})


@given(st.lists(ANY_VERDICTS, max_size=5))
def test_joined_verdicts_are_the_reply(verdicts):
    body = join_reply(MODEL, [write_verdict(v) for v in verdicts])
    assert body == write_reply(Reply(MODEL, tuple(verdicts)))
    assert json.loads(body)["results"] == [json.loads(write_verdict(v)) for v in verdicts]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_number_that_is_not_finite_is_not_written(number):
    for verdict in (Verdict("ok", score=number), Verdict("ok", embedding=(number,))):
        with pytest.raises(ValueError, match="JSON"):
            write_verdict(verdict)


GOOD = json.loads(write_reply(Reply(MODEL, (Verdict("ok", 0.5, "benign", (technique("T1003", 0.5),), 0.1),))))


def changed(path, value):
    data = json.loads(json.dumps(GOOD))
    *parents, last = path
    inner = data
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return data


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"service": "other"},
        changed(["api"], 2),
        changed(["model"], None),
        changed(["results"], []),
        changed(["results"], GOOD["results"] * 2),
        changed(["results"], {}),
        changed(["results", 0], []),
        changed(["results", 0, "status"], "fine"),
        changed(["results", 0, "status"], []),
        changed(["results", 0, "verdict"], "evil"),
        changed(["results", 0, "score"], 1.01),
        changed(["results", 0, "score"], 10**399),
        changed(["results", 0, "score"], "0.5"),
        changed(["results", 0, "score"], True),
        changed(["results", 0, "novelty"], -0.1),
        changed(["results", 0, "techniques"], None),
        changed(["results", 0, "techniques"], {"a": 1}),
        changed(["results", 0, "techniques", 0, "tactics"], "discovery"),
        changed(["results", 0, "techniques", 0, "tactics"], [1]),
        changed(["results", 0, "techniques", 0, "confidence"], None),
        changed(["results", 0, "embedding"], "abc"),
        changed(["results", 0, "embedding"], ["1"]),
        changed(["results", 0, "embedding"], [10**399]),
        changed(["results", 0, "explanation"], "because"),
        changed(["results", 0, "detail"], 5),
        {**GOOD, "order": []},
        {**GOOD, "order": [0, 0]},
        {**GOOD, "order": [1]},
        {**GOOD, "order": [-1]},
        {**GOOD, "order": [False]},
        {**GOOD, "order": [0.0]},
        {**GOOD, "order": ["0"]},
        {**GOOD, "order": None},
    ],
)
def test_reply_that_breaks_the_contract_is_refused(data):
    with pytest.raises(BadReply):
        read_reply(json.dumps(data).encode(), 1)


@given(st.lists(ANY_VERDICTS | SHORT_VERDICTS, max_size=8), st.booleans())
def test_short_reply_reads_back_unchanged(verdicts, distinct):
    reply = Reply(MODEL, tuple(verdicts))
    body = write_reply(reply, distinct, short=True)
    assert read_reply(body, len(verdicts)) == reply
    assert len(body) <= len(write_reply(reply, distinct))


def test_short_form_is_a_list():
    verdict = Verdict("ok", 0.5, "malicious", (technique("T1059.001", 0.25),), 0.0)
    assert write_verdict(verdict, short=True) == b'[0.5,"malicious",0.0,false,"T1059.001",0.25]'
    for longer in ({"embedding": (1.0,)}, {"explanation": {}}, {"detail": "x"}, {"status": "error"}, {"score": None}):
        assert write_verdict(verdict._replace(**longer), short=True) == write_verdict(verdict._replace(**longer))


def test_unknown_technique_has_its_id_as_name():
    body = json.dumps({**GOOD, "results": [[0.5, "malicious", 0.0, False, "T9999.001", 0.25]]}).encode()
    assert read_reply(body, 1).verdicts[0].techniques == (Technique("T9999.001", "T9999.001", (), 0.25),)


@pytest.mark.parametrize(
    "short",
    [
        [], [0.5], [0.5, "malicious", 0.0], [0.5, "malicious", 0.0, 0], [0.5, "malicious", 0.0, False, "T1059"],
        [2, "malicious", 0.0, False], [0.5, "bad", 0.0, False], [0.5, None, 0.0, False], [None, "benign", 0.0, False],
        [0.5, "benign", "0", False], [0.5, "benign", 0.0, False, "T1", 0.5], [0.5, "benign", 0.0, False, 7, 0.5],
        [0.5, "benign", 0.0, False, [], 0.5], [0.5, "benign", 0.0, False, "T1059", 1.5], [True, "benign", 0.0, False],
        [0.5, [], 0.0, False], [0.5, "benign", 0.0, False, "T1059", 10**400],
    ],
)  # fmt: skip
def test_short_form_that_breaks_the_contract_is_refused(short):
    with pytest.raises(BadReply):
        read_reply(json.dumps({**GOOD, "results": [short]}).encode(), 1)


@given(st.none() | st.dictionaries(TEXT, TEXT, max_size=4))
def test_entity_state_reads_back_unchanged(state):
    assert read_request(join_request([], Options(), state)).state == state
    for distinct in (True, False):
        assert read_reply(join_reply(MODEL, [], distinct, None if state is None else encode(state)), 0).state == (
            state or {}
        )


@pytest.mark.parametrize("state", [[], None, {"a": None}, {"a": ["b"]}])
def test_malformed_entity_state_is_refused(state):
    with pytest.raises(BadReply, match="past"):
        read_reply(json.dumps({**GOOD, "past": state}).encode(), 1)


@pytest.mark.parametrize("key", ["score", "novelty", "embedding", "explanation"])
@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_number_that_is_not_finite_is_refused(key, number):
    value = {"embedding": ["@"], "explanation": {"a": [{"b": "@"}]}}.get(key, "@")
    body = json.dumps(changed(["results", 0, key], value)).replace('"@"', number)
    with pytest.raises(BadReply):
        read_reply(body.encode(), 1)


@given(st.integers(0, 10_000))
def test_cut_reply_is_refused(at):
    body = json.dumps(GOOD).encode()
    with pytest.raises(BadReply):
        read_reply(body[: at % len(body)], 1)


PATHS = [("model",), ("api",), ("results",), *(("results", 0, key) for key in GOOD["results"][0])]


@given(JSON, st.sampled_from(PATHS))
def test_any_json_in_a_reply_is_read_or_refused(value, path):
    result = result_or_error(read_reply, json.dumps(changed(path, value)).encode(), 1)
    assert isinstance(result, Reply) or (isinstance(result, BadReply) and len(str(result)) < 1000)
