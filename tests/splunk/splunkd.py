"""splunkd's side of the chunked protocol, in lockstep with a real process of bin/loglm.py."""

import contextlib
import csv
import io
import json
import subprocess
from pathlib import Path


def encode_rows(rows, columns=None):
    """Write rows as splunkd does: LF, and for every column a `__mv_` column; lists are multivalue."""
    columns = list(columns or (rows[0] if rows else []))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns + [f"__mv_{name}" for name in columns])
    for row in rows:
        cells = [row.get(name, "") for name in columns]
        plain = ["\n".join(cell) if isinstance(cell, list) else cell for cell in cells]
        writer.writerow(plain + [multivalue(cell) for cell in cells])
    return text.getvalue().encode("utf-8", "surrogatepass")


def multivalue(cell):
    """The text of a `__mv_` cell."""
    return ";".join("$" + value.replace("$", "$$") + "$" for value in cell) if isinstance(cell, list) else ""


def decode_rows(body):
    """Read an answer's rows; multivalue fields become lists."""
    csv.field_size_limit(2**31 - 1)  # one for the whole process, and splunklib sets it at its import
    rows = []
    for row in csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")):
        assert None not in row, "ragged row"
        found = {name: value for name, value in row.items() if not name.startswith("__mv_")}
        for name in found:
            if row.get(f"__mv_{name}"):
                found[name] = [v.replace("$$", "$") for v in row[f"__mv_{name}"][1:-1].split("$;$")]
        rows.append(found)
    return rows


def frame(metadata, body=b""):
    """One record of the protocol."""
    head = json.dumps(metadata).encode()
    return b"chunked 1.0,%d,%d\n" % (len(head), len(body)) + head + body


class Search:
    """A search that runs a command of the app in folder `app`."""

    def __init__(self, python, app, env, script="loglm.py"):
        self.process = subprocess.Popen(
            [python, str(Path(app, "bin", script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def send(self, data):
        """Write bytes."""
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def receive(self):
        """Read one record: metadata and body."""
        header = self.process.stdout.readline()
        assert header.startswith(b"chunked 1.0,"), header
        sizes = header[len(b"chunked 1.0,") :].split(b",")
        metadata, body = (self.process.stdout.read(int(size)) for size in sizes)
        return json.loads(metadata), body

    def getinfo(self, *args, **searchinfo):
        """Ask getinfo with the command's arguments; return the answer."""
        info = {"args": list(args), "raw_args": list(args), "sid": "1700000000.1", "command": "loglm", **searchinfo}
        self.send(frame({"action": "getinfo", "preview": False, "searchinfo": info}))
        metadata, body = self.receive()
        assert body == b""
        return metadata

    def execute(self, rows, *, columns=None, finished=True):
        """Send a chunk of rows; return the answer's metadata and rows."""
        return self.execute_raw(encode_rows(rows, columns), finished=finished)

    def execute_raw(self, body, *, finished=True):
        """Send a chunk as it is; return the answer's metadata and rows."""
        self.send(frame({"action": "execute", "finished": finished}, body))
        metadata, answer = self.receive()
        return metadata, decode_rows(answer)

    def end(self):
        """Close the pipe; return the exit code after making sure that nothing came on stderr or was left over."""
        rest, errors = self.process.communicate(timeout=20)
        assert (rest, errors) == (b"", b"")
        return self.process.returncode


def warnings(metadata):
    """The texts of an answer's messages of level WARN."""
    return [text for level, text in metadata.get("inspector", {}).get("messages", []) if level == "WARN"]
