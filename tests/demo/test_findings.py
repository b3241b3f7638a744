"""The demo's notables: those that the alert action would write."""

import pytest

from loglm_bridge.contract.errors import SidecarError
from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import encode_event
from loglm_bridge.demo.findings import notables_of
from loglm_bridge.harness.app_folder import make_app
from loglm_bridge.splunk.rows.label_proof import LabelProofs, label_bytes
from tests.demo.labelled_rows import ROWS


def proven(row, token):
    """Return a labelled row with the proof of its label; one without a label has no text."""
    if row["loglm_status"] != "ok":
        return {**row, "_raw": ""}
    label = label_bytes(row["loglm_score"], row["loglm_verdict"], ["_raw"])
    return {**row, "loglm_proof": LabelProofs(token).tag(encode_event(Event(row["_raw"])), label)}


def test_malicious_rows_become_notables(tmp_path):
    """A row that proves its label needs no sidecar; one that does not is sent to it again."""
    app = make_app(tmp_path / "app", "http://127.0.0.1:9", tmp_path / "token")
    (tmp_path / "token").write_text("a" * 43)
    rows = [proven(row.row, "a" * 43) for row in ROWS]
    [written] = notables_of(rows, app)
    assert written.fields["annotations.mitre_attack.mitre_technique_id"] == ("T1003.001", "T1059")
    assert written.fields["loglm_score"] == ("0.97",)
    with pytest.raises(SidecarError):
        notables_of([{**rows[1], "_raw": "another event"}], app)
