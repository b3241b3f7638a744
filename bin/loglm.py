"""Entry point of the search command `loglm`; splunkd speaks the chunked protocol with it on stdin and stdout."""

import os
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    # newer libraries where this Python runs them: app/vendored.lock
    sys.path[:0] = [*([str(APP / "lib/py310")] if sys.version_info >= (3, 10) else []), str(APP / "lib")]
    # splunkd shows anything on stderr as an error of the search, also a library's warning
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        from loglm_bridge.splunk.search.command import main
    except Exception as error:  # noqa: BLE001 - a damaged app or an old Python gives a message, not "error code 1"
        sys.stdin.buffer.readline()
        python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
        advice = "Install the app again" if sys.version_info >= (3, 9) else "It needs Python 3.9 or newer"
        text = f"LogLM: the app cannot start on {python} ({type(error).__name__}). {advice}."
        reply = f'{{"finished":true,"error":"{text}"}}'
        sys.stdout.buffer.write(f"chunked 1.0,{len(reply)},0\n{reply}".encode("ascii"))
    else:
        main(APP)
