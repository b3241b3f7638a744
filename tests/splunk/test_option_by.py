"""The option `by` end to end: state is sent from chunk to chunk, and rows keep their order."""

import random

from tests.splunk.sample_rows import entity_rows


def test_chunk_is_read_with_state_of_earlier_chunks(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port, sidecar="batch_events = 100"))
    command.getinfo("by=host")
    _, first = command.execute(entity_rows(2), finished=False)
    _, second = command.execute(entity_rows(1, start=2), finished=False)
    _, third = command.execute([{**row, "host": "other"} for row in entity_rows(2, start=3)], finished=False)
    _, fourth = command.execute(entity_rows(1, start=5))
    assert [row["n"] for row in first + second + third + fourth] == [str(i) for i in range(6)]
    assert {row["loglm_status"] for row in first + second + third + fourth} == {"ok"}
    seen = fake_sidecar.seen()
    assert seen["batches"] == [2, 1, 2, 1]
    assert seen["options"]["sequence"] is True
    assert seen["past"] == [{}, {"a": "<event 0><event 1>"}, {}, {"a": "<event 0><event 1><event 2>"}]
    assert command.end() == 0


def test_without_by_no_state_is_sent(fake_sidecar, app_at, search):
    command = search(app_at(fake_sidecar.port))
    command.getinfo()
    command.execute(entity_rows(5), finished=False)
    command.execute(entity_rows(3, start=5))
    assert fake_sidecar.seen()["batches"] == [5, 3]
    assert fake_sidecar.seen()["past"] == [None, None]


def test_sidecar_that_returns_no_state(fake_sidecar, app_at, search):
    fake_sidecar.fault("forgetful")
    command = search(app_at(fake_sidecar.port))
    command.getinfo("by=host")
    for start in (0, 5):
        _, rows = command.execute(entity_rows(5, start), finished=start == 5)
        assert {row["loglm_status"] for row in rows} == {"ok"}
    assert fake_sidecar.seen()["past"] == [{}, {}]


def test_rows_are_returned_without_a_sidecar(app_at, search):
    command = search(app_at(1))
    command.getinfo("by=host")
    _, rows = command.execute(entity_rows(70))
    assert [(row["n"], row["loglm_status"]) for row in rows] == [(str(i), "unavailable") for i in range(70)]


def test_rows_keep_their_order(fake_sidecar, app_at, search):
    sent = entity_rows(40, entities=("a", "b", "c"))
    random.Random(1).shuffle(sent)
    command = search(app_at(fake_sidecar.port))
    command.getinfo("by=host")
    _, rows = command.execute(sent)
    assert [row["n"] for row in rows] == [row["n"] for row in sent]
