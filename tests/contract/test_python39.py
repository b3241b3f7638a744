"""The contract on Splunk's Pythons: each reads the replies and writes the requests of this interpreter."""

import subprocess
import sys

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import Reply, write_reply
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import ModelId, Options, read_request
from tests.contract.interpreters import interpreters

PROGRAM = """
import sys
from loglm_bridge.contract import attack, json_codec, notable, reply as replies, row, safe_text, stash_format, wire
from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.contract.event import Event

reply = replies.read_reply(sys.stdin.buffer.read(), 1)
for body in (b"[" * 100000, b"1" * 5000, b"NaN", b'{"a":1,"a":1}'):
    try:
        json_codec.parse(body)
    except InvalidRequest:
        continue
    sys.exit("not refused")
options = wire.Options(top=reply.verdicts[0].score and 5)
sys.stdout.buffer.write(wire.write_request([Event(reply.verdicts[0].detail)], options))
"""


@pytest.mark.parametrize("python", [sys.executable, *interpreters()])
def test_reply_and_request_between_interpreters(python, root):
    reply = write_reply(Reply(ModelId("n", "1", "s"), (Verdict("ok", 0.25, "benign", detail="d\ud800é\x00"),)))
    completed = subprocess.run(
        [python, "-c", PROGRAM],
        input=reply,
        capture_output=True,
        env={"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr.decode()
    request = read_request(completed.stdout)
    assert request.events == (Event("d\ud800é\x00"),)
    assert request.options == Options(top=5)
