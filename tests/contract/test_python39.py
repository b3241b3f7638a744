"""The contract on the Python that Splunk brings: a request and a reply cross between 3.9 and this interpreter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.reply import Reply, write_reply
from loglm_bridge.contract.verdict import Verdict
from loglm_bridge.contract.wire import ModelId, Options, read_request

PROGRAM = """
import sys
from loglm_bridge.contract import attack, notable, reply as replies, row, safe_text, stash_format, wire
from loglm_bridge.contract.errors import InvalidRequest
from loglm_bridge.contract.event import Event

reply = replies.read_reply(sys.stdin.buffer.read(), 1)
for body in (b"[" * 100000, b"1" * 5000, b"NaN", b'{"a":1,"a":1}'):
    try:
        wire.loads(body)
    except InvalidRequest:
        continue
    sys.exit("not refused")
options = wire.Options(top=reply.verdicts[0].score and 5)
sys.stdout.buffer.write(wire.write_request([Event(reply.verdicts[0].detail)], options))
"""


def interpreters() -> list[str]:
    """Every Python 3.9 and 3.13 that a path search or pyenv can offer."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for minor in ("3.9", "3.13"):
        installed = sorted(pyenv.glob(f"{minor}.*/bin/python"))
        found.append(str(installed[-1]) if installed else shutil.which(f"python{minor}"))
    return [path for path in found if path]


@pytest.mark.parametrize("python", [sys.executable, *interpreters()])
def test_a_reply_and_a_request_cross(python, root):
    reply = write_reply(Reply(ModelId("n", "1", "s"), (Verdict("ok", 0.25, "benign", detail="d\ud800é\x00"),)))
    done = subprocess.run(
        [python, "-c", PROGRAM],
        input=reply,
        capture_output=True,
        env={"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    request = read_request(done.stdout)
    assert request.events == (Event("d\ud800é\x00"),)
    assert request.options == Options(top=5)
