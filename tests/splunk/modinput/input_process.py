"""The modular input as a process: starts the real bin/loglm_input.py, writes its definition, reads its events."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from hashlib import sha256
from xml.sax.saxutils import escape, quoteattr

from tests.splunk.fake_splunkd_rest import SESSION

#: The stem of the checkpoint files of the input `loglm_input://test`.
STEM = sha256(b"loglm_input://test").hexdigest()[:32]


@dataclass(frozen=True)
class ProcessResult:
    """A finished process: exit code, events as (fields of the envelope, text), lines on stderr."""

    code: int
    events: list
    lines: list
    stdout: str

    @property
    def keys(self):
        """The event keys of the notables."""
        return [re.search(r'loglm_event_key="([0-9a-f]{64})"', text)[1] for _, text in self.events]


def definition(uri, folder, params, name="loglm_input://test", session=SESSION):
    """Return the XML of a run."""
    text = "".join(f"<param name={quoteattr(k)}>{escape(str(v))}</param>" for k, v in params.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?><input><server_host>h</server_host>'
        f"<server_uri>{uri}</server_uri><session_key>{session}</session_key><checkpoint_dir>{folder}</checkpoint_dir>"
        f'<configuration><stanza name={quoteattr(name)} app="search">{text}</stanza></configuration></input>'
    )


def validation(uri, folder, params, name="test"):
    """Return the XML of a validation."""
    text = "".join(f"<param name={quoteattr(k)}>{escape(str(v))}</param>" for k, v in params.items())
    return (
        f"<items><server_host>h</server_host><server_uri>{uri}</server_uri><checkpoint_dir>{folder}</checkpoint_dir>"
        f"<session_key>{SESSION}</session_key><item name={quoteattr(name)}>{text}</item></items>"
    )


def start(app, env, *args, python=sys.executable, **popen):
    """Start the input; return its process."""
    return subprocess.Popen(
        [python, str(app / "bin" / "loglm_input.py"), *args],
        stdin=subprocess.PIPE,
        stdout=popen.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        env=env,
        **popen,
    )


def finish(process, text, timeout=60):
    """Write the definition and wait for the process to exit."""
    data = text if isinstance(text, bytes) else text.encode()
    out, err = process.communicate(data, timeout=timeout)
    output = (out or b"").decode("utf-8")
    return ProcessResult(process.returncode, list(complete_events(output)), err.decode("utf-8").splitlines(), output)


def complete_events(output):
    """Yield the complete events of a stream that may be cut off anywhere."""
    for text in re.findall(r"<event .*?</event>", output, re.DOTALL):
        node = ET.fromstring(text)
        yield {child.tag: child.text for child in node if child.tag != "data"}, node.findtext("data")
