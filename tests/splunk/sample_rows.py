"""Rows as the search command receives them, and what comes back."""

from tests.splunk.splunkd import warnings

#: The columns that the search command adds with output=labels.
LABEL_COLUMNS = [
    *("loglm_status", "loglm_score", "loglm_verdict", "loglm_technique_id", "loglm_technique", "loglm_tactic"),
    *("loglm_confidence", "loglm_novelty", "loglm_model", "loglm_detail"),
    *("loglm_explanation", "loglm_proof"),
]


def rows_of(*texts):
    """Return rows with these texts and all fields that the command requests."""
    return [
        {"_raw": text, "_time": f"{1700000000 + i}.250", "host": f"h{i}", "source": "s", "sourcetype": "st",
         "_chunked_idx": str(i)}
        for i, text in enumerate(texts)
    ]  # fmt: skip


def entity_rows(count, start=0, entities=("a",)):
    """Return rows in reverse time order, as a search returns them, whose hosts are the entities in turn."""
    return [
        {"_raw": f"event {i}", "_time": f"{1_700_000_000 - i}", "host": entities[i % len(entities)], "n": str(i),
         "source": "s", "sourcetype": "t"}
        for i in range(start, start + count)
    ]  # fmt: skip


def label_rows(command, count=10, *, finished=True):
    """Send a chunk of `count` rows; return their statuses in order, and the warning, empty where there is none."""
    texts = [f"row {i}" for i in range(count)]
    metadata, rows = command.execute(rows_of(*texts), finished=finished)
    assert [row["_raw"] for row in rows] == texts
    assert all(row["loglm_verdict"] == ("benign" if row["loglm_status"] == "ok" else "") for row in rows)
    messages = warnings(metadata)
    assert len(messages) <= 1
    return [row["loglm_status"] for row in rows], "".join(messages)
