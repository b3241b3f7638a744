"""Answers to a search as real splunkds give them: no event may be lost in silence, and no line may stop the input.

The real script runs against a fake splunkd. Answers of ../shared/faults/splunk are read beside those made here.
"""

import json

import pytest

from tests.splunk.alert.alert_process import values
from tests.splunk.fake_splunkd_rest import attack, event

LAST = b'{"preview":false,"lastrow":true}\n'


def line(indextime, raw="mimikatz #1", **fields):
    """Return one row of an answer; a field with the value None is left out."""
    row = {
        "_raw": raw,
        "_time": "2026-11-29T16:33:18.250+00:00",
        "_indextime": str(indextime),
        "host": "ws-1",
        **fields,
    }
    result = {name: value for name, value in row.items() if value is not None}
    return json.dumps({"preview": False, "offset": 0, "result": result}).encode() + b"\n"


def message(level, text):
    """Return a message of an answer."""
    return json.dumps({"messages": [{"type": level, "text": text}]}).encode() + b"\n"


def times(result):
    """Return orig_time of each notable."""
    return [values(text, "orig_time") for _, text in result.events]


@pytest.fixture
def given(shared, now):
    """Return a function that reads an answer of ../shared/faults/splunk, with index times inside the window."""

    def read(name):
        path = shared / "faults/splunk" / name
        if not path.is_file():
            pytest.skip("../shared/faults is absent")
        data = path.read_bytes()
        for i in range(3):
            data = data.replace(b"179597000%d" % i, b"%d" % (now - 500 + i))
        return data.replace(b"cmd=powershell.exe", b"mimikatz cmd=powershell.exe")

    return read


# --- 4: the time of events -------------------------------------------------------------------------------------------


def test_search_asks_for_epoch_seconds(run, splunkd, now):
    splunkd.events = [attack(now - 500, time=now - 501.25), attack(now - 400, time=now - 402.5)]
    result = run(window="2000")
    assert sorted(times(result)) == [[f"{now - 501.25:.3f}"], [f"{now - 402.5:.3f}"]]
    assert len(set(result.keys)) == 2
    assert all(values(text, "drilldown_search") for _, text in result.events)


@pytest.mark.parametrize("zone", ["GMT", "UTC", "+00", "+0000", "Z"])
def test_time_is_read_where_the_copy_is_absent(run, splunkd, now, zone):
    splunkd.answers = [line(now - 500, _time=f"2026-11-29 16:33:18.250 {zone}") + LAST]
    assert times(run(window="2000")) == [["1795969998.250"]]


def test_index_time_stands_in_for_an_unreadable_time(run, splunkd, now):
    splunkd.answers = [line(now - 500, _time="yesterday") + line(now - 499, _time=None) + LAST]
    result = run(window="2000")
    assert times(result) == [[f"{now - 500}.000"], [f"{now - 499}.000"]]
    assert len(set(result.keys)) == 2
    assert any(text.startswith("WARN") and "2 events have no readable _time" in text for text in result.lines)


def test_times_of_real_answers(run, splunkd, given):
    splunkd.answers = [given("01_export_time.jsonl")]
    result = run(window="2000")
    assert times(result) == [["1795969998.250"], ["1795970198.250"], ["1795970398.250"]]
    assert len(set(result.keys)) == 3
    assert all(values(text, "drilldown_name") for _, text in result.events)


# --- 5: empty answers ------------------------------------------------------------------------------------------------


EMPTY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "answer", [EMPTY, b"\n", b"\xef\xbb\xbf", message("INFO", "x"), b'{"preview":true,"lastrow":true}']
)
def test_empty_answer_keeps_the_position(run, splunkd, now, answer):
    splunkd.events = [attack(now - 500)]
    splunkd.answers = [answer]
    result = run(window="2000")
    assert (result.code, result.events) == (1, [])
    assert any("the answer to the search is empty" in text and "Reading paused" in text for text in result.lines)
    assert len(run(window="2000").events) == 1


def test_failed_search_and_search_without_events(run, splunkd, given, now):
    splunkd.events = [attack(now - 500)]
    splunkd.answers = [given("02_export_failed_search.http"), given("02_export_no_events.jsonl")]
    assert run(window="2000").code == 1
    assert run(window="2000").code == 0


# --- 6: bounds inside the search -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "search",
    [
        "index=win earliest=-15m",
        "index=win LATEST = now",
        'index=win earliest="-15m"',
        'index="a"=1 earliest=-15m "b"',
        'index=win "earliest"=-15m',
        "index=win starttimeu=1",
        "index=win daysago=2",
        "index=win searchtimespanhours=1",
        "index=win | append [search index=win earliest=-15m]",
    ],
)
def test_bounds_of_time_are_refused(run, splunkd, now, search):
    splunkd.events = [attack(now - 500)]
    result = run(search=search)
    assert (result.code, splunkd.searches) == (1, [])
    assert any("the input sets the bounds of time itself" in text for text in result.lines)


@pytest.mark.parametrize("search", ['index=win "earliest=-15m"', "index=win my_earliest=1", "index=win user=latest"])
def test_texts_that_only_look_like_bounds_are_accepted(run, splunkd, now, search):
    splunkd.events = [attack(now - 500)]
    assert run(search=search).code == 0


def test_bounds_that_a_macro_sets_are_an_error(run, splunkd, now):
    text = "Your timerange was substituted based on your search string"
    splunkd.answers = [message("INFO", text) + line(now - 500) + LAST]
    result = run(window="2000", search="`recent` index=win")
    assert (result.code, result.events) == (1, [])
    assert any(text in shown for shown in result.lines)


def test_given_search_with_bounds_is_refused(run, splunkd, given, now):
    search = given("03_inline_earliest.conf").decode().partition("search = ")[2].strip()
    assert run(search=search).code == 1
    assert splunkd.searches == []
    splunkd.answers = [given("03_inline_earliest.jsonl")]
    assert run(window="2000").code == 1


# --- 7: bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "shown"),
    [(b"caf\xe9", "caf\ufffd"), (b"a\x01b", "a\\\\u0001b"), (b"a\tb", "a b"), (b"a\nb", "a ⏎ b"), (b'a\r\n\n"b', "⏎")],
)
def test_stray_bytes_cost_no_event(run, splunkd, now, inside, shown):
    inside = inside.replace(b'"', b'\\"')
    rows = [line(now - 500 + i, raw=f"mimikatz #{i} HERE") for i in range(5)]
    splunkd.answers = [b"".join(rows[:2]) + rows[2].replace(b"HERE", inside) + b"".join(rows[3:]) + LAST]
    result = run(window="2000")
    assert (result.code, len(result.events)) == (0, 5)
    assert shown in result.events[2][1]


def test_answer_that_is_cut_inside_a_string_is_still_an_error(run, splunkd, now):
    splunkd.answers = [line(now - 500) + line(now - 499)[:-20] + b"\n"]
    assert run(window="2000").code == 1


def test_given_bad_utf8_costs_no_event(run, splunkd, given):
    splunkd.answers = [given("04_export_bad_utf8.jsonl")]
    result = run(window="2000")
    assert (result.code, len(result.events)) == (0, 3)
    assert "caf\ufffd" in result.events[1][1]


# --- 8: fields of by -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Computer", "Process Name", 'a"b\\c', "Records{}.user"])
def test_fields_of_by_are_asked_for(run, splunkd, fake_sidecar, now, name):
    splunkd.events = [attack(now - 500 + i, i, **{name: f"c{i % 2}"}) for i in range(4)]
    result = run(by=name, batch=2, window="2000")
    assert (result.code, len(result.events)) == (0, 4)
    assert fake_sidecar.seen()["batches"][-2:] == [2, 2]
    assert not any("no event has a value" in text for text in result.lines)


def test_by_without_any_entity_is_a_warning(run, splunkd, now):
    splunkd.events = [attack(now - 500)]
    result = run(by="Computer", window="2000")
    assert result.code == 0
    assert any(text.startswith("WARN") and "by=Computer" in text for text in result.lines)


def test_given_by_is_asked_for(run, splunkd, given, now):
    name = given("05_input_by.conf").decode().partition("by = ")[2].strip()
    splunkd.events = [attack(now - 500, **{name: "ws-1"})]
    run(by=name, window="2000")
    assert name in splunkd.searches[0]["search"].rpartition("| fields ")[2].split(", ")


# --- 9: events of the future -----------------------------------------------------------------------------------------


def test_events_dated_in_the_future_are_read(run, splunkd, now):
    splunkd.events = [attack(now - 500, time=now + days * 86_400) for days in (0, 2, 5, 400, 3_650)]
    result = run(window="2000")
    assert len(result.events) == 5
    assert any("4 events are dated more than a day after they were indexed" in text for text in result.lines)


# --- 10: rows that are no events -------------------------------------------------------------------------------------


def test_row_without_raw_costs_no_other_row(run, splunkd, now):
    bare = line(now - 499, raw=None, CommandLine="mimikatz.exe")
    total = json.dumps({"preview": False, "result": {"count": "7"}}).encode() + b"\n"
    for rows in ((bare, line(now - 500), total), (line(now - 500), total, bare)):
        splunkd.answers = [b"".join(rows) + LAST]
        result = run(window="2000", name=f"loglm_input://{rows.index(bare)}")
        assert (result.code, len(result.events)) == (0, 2)
        assert any("1 rows of the search have no _raw" in text for text in result.lines)
        assert any("1 rows of the search are no events" in text for text in result.lines)
        assert any(
            'CommandLine\\": \\"mimikatz' in text or 'CommandLine\\":\\"mimikatz' in text for _, text in result.events
        )


@pytest.mark.parametrize("fields", [{}, {"_indextime": "1"}])
def test_search_without_any_event_is_refused(run, splunkd, now, fields):
    row = json.dumps({"preview": False, "result": {"count": "7", **fields}}).encode() + b"\n"
    splunkd.answers = [row * 1_500 + LAST]
    result = run(window="2000")
    assert (result.code, result.events) == (1, [])
    assert any("the search returns rows" in text for text in result.lines)


# --- 11 and 12: messages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Could not load lookup=LOOKUP-dropdowns",
        "[idx1] Could not load lookup=LOOKUP-action",
        "The lookup table 'assets.csv' does not exist or is not available.",
        "Error 'Could not find all of the specified fields in the lookup table.' for conf 'a' and lookup table 'b'.",
        "Eventtype 'nix' does not exist or is disabled.",
    ],
)
def test_error_of_a_knowledge_object_does_not_stop_the_input(run, splunkd, now, text):
    splunkd.answers = [message("ERROR", text) + line(now - 500) + LAST]
    result = run(window="2000")
    assert (result.code, len(result.events)) == (0, 1)
    assert any(shown.startswith("WARN") and text[:40] in shown for shown in result.lines)


@pytest.mark.parametrize(
    ("level", "text"),
    [
        ("INFO", "Search auto-finalized after disk usage limit (100MB) reached."),
        ("WARN", "Search auto-finalized after time limit (60 seconds) reached."),
        ("INFO", "[subsearch]: Search auto-finalized after time limit (60 seconds) reached."),
        ("INFO", "Search finalized."),
        ("WARN", "The search job was canceled"),
        ("WARN", "[subsearch]: Subsearch produced 50000 results, truncating to maxout 10000."),
        (
            "ERROR",
            "[idx1] Streamed search execute failed because: Error in 'lookup' command: Could not construct lookup 'x'",
        ),
        ("ERROR", "Could not load lookup=x: Error in 'search' command"),
        ("FATAL", "Could not load lookup=x"),
        ("ERROR", "Reading error while waiting for peer idx3"),
        ("WARN", "The search process on peer idx1 ended prematurely"),
    ],
)
def test_search_that_ended_early_keeps_the_position(run, splunkd, now, level, text):
    for answer in (message(level, text) + line(now - 500) + LAST, line(now - 500) + LAST + message(level, text)):
        splunkd.answers = [answer]
        result = run(window="2000", name=f"loglm_input://{answer[:1] == message(level, text)[:1]}")
        assert result.code == 1
        assert any("the search failed or is incomplete" in shown for shown in result.lines)


# --- 13: search head clusters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["shc_member", "shc_captain"])
def test_input_refuses_to_run_on_a_cluster_member(run, splunkd, now, role):
    splunkd.events, splunkd.roles = [attack(now - 500)], ["search_head", role]
    result = run()
    assert (result.code, result.events, splunkd.searches) == (1, [], [])
    assert any("search head cluster" in text and "scheduled search" in text for text in result.lines)
    splunkd.roles = ["search_head"]
    assert len(run().events) == 1


# --- events that were not read ---------------------------------------------------------------------------------------


def test_event_that_could_not_be_read_becomes_a_notable_of_its_own_kind(run, splunkd, now):
    splunkd.events = [event(now - 500, "dear to read"), event(now - 499, "unreadable"), event(now - 498, "logon")]
    result = run(window="2000")
    assert sorted(values(text, "rule_title")[0] for _, text in result.events) == [
        "LogLM: event could not be read on ws-17",
        "LogLM: event could not be read on ws-17",
    ]
    assert {values(text, "severity")[0] for _, text in result.events} == {"medium"}
