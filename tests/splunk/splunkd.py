"""Searches as splunkd runs them: the double of splunkd, with a real process of the app's search command."""

import json
import subprocess
from pathlib import Path

from loglm_bridge.harness import splunkd
from loglm_bridge.harness.splunkd import SearchProcess, decode_rows, encode_multivalue, encode_rows, frame

__all__ = ["Search", "decode_rows", "encode_multivalue", "encode_rows", "frame", "warnings"]


class Search(SearchProcess):
    """A search that runs a command of the app in folder `app`; answers come with decoded metadata and rows."""

    def __init__(self, python, app, env, script="loglm.py"):
        super().__init__([python, str(Path(app, "bin", script))], env, stderr=subprocess.PIPE)

    def getinfo(self, *args, **searchinfo):
        """Send getinfo with the command's arguments; return the metadata of the answer."""
        metadata, body = self.ask(splunkd.getinfo(args, **{"sid": "1700000000.1", **searchinfo}))
        assert body == b""
        return json.loads(metadata)

    def receive(self):
        """Read one record: metadata and body."""
        metadata, body = self.receive_record()
        return json.loads(metadata), body

    def execute(self, rows, *, columns=None, finished=True):
        """Send a chunk of rows; return the answer's metadata and rows."""
        return self.execute_raw(encode_rows(rows, columns), finished=finished)

    def execute_raw(self, body, *, finished=True):
        """Send a chunk as it is; return the answer's metadata and rows."""
        metadata, answer = self.ask({"action": "execute", "finished": finished}, body)
        return json.loads(metadata), decode_rows(answer)

    def end(self):
        """Close the pipe; return the exit code after making sure that nothing came on stderr or was left over."""
        rest, errors = self.process.communicate(timeout=20)
        assert (rest, errors) == (b"", b"")
        return self.process.returncode


def warnings(metadata):
    """The texts of an answer's messages of level WARN."""
    return [text for level, text in splunkd.messages(metadata) if level == "WARN"]
