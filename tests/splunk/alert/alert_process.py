"""The alert action as a process: runs the real bin/loglm_notable.py on a payload. And rows for it."""

import re
import subprocess
import sys
from dataclasses import dataclass

from loglm_bridge.contract.wire import encode_event
from loglm_bridge.splunk.rows.label_proof import LabelProofs, label_bytes, proof_suffix
from loglm_bridge.splunk.rows.row_mapping import event_of
from tests.splunk.sidecar_process import TOKEN

NOW = 1_700_000_000


@dataclass(frozen=True)
class ProcessResult:
    """A finished action: exit code, lines on stderr."""

    code: int
    lines: list


def attack(number=0, **fields):
    """Return a row that the fake sidecar calls malicious."""
    raw = f"mimikatz.exe sekurlsa::logonpasswords #{number}"
    return {"_time": str(NOW + number), "_raw": raw, "host": "ws-17", "source": "s", "sourcetype": "win", **fields}


def benign(number=0):
    """Return a row that the fake sidecar calls benign."""
    return {**attack(number), "_raw": f"user logged on #{number}"}


def labelled(row, score="0.99", verdict="malicious", token=TOKEN, field="_raw", **columns):
    """Return a row with the columns of `| loglm`, proof included; `columns` were changed after it."""
    labels = {
        "loglm_status": "ok",
        "loglm_score": score,
        "loglm_verdict": verdict,
        "loglm_technique_id": ["T1053.005", "T1027"],
        "loglm_technique": ["Scheduled Task", "Obfuscated Files or Information"],
        "loglm_tactic": ["execution,persistence,privilege-escalation", "defense-evasion"],
        "loglm_confidence": ["0.8", "0.2"],
        "loglm_novelty": "0.25",
        "loglm_model": "fake 1.0",
        "loglm_detail": "",
    }
    event, label = event_of(row, field), label_bytes(score, verdict, [field])
    proof = LabelProofs(token).tag(encode_event(event), label) + proof_suffix([field]) if event.raw else ""
    return {**row, **labels, "loglm_proof": proof, **columns}


def execute(app, env, payload, args=("--execute",)):
    """Run the action; it must print nothing on stdout."""
    process = subprocess.run(
        [sys.executable, str(app / "bin/loglm_notable.py"), *args],
        input=payload,
        capture_output=True,
        env=env,
        timeout=60,
        check=False,
    )
    assert process.stdout == b""
    return ProcessResult(process.returncode, process.stderr.decode().splitlines())


def values(text, name):
    """Return the values of a field in a stash line."""
    return re.findall(rf', {re.escape(name)}="((?:[^"\\]|\\.)*)"', text)
