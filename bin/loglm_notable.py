"""Entry point of the alert action `loglm_notable`; splunkd writes the alert as JSON to stdin."""

import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    # newer libraries where this Python runs them: app/vendored.lock
    sys.path[:0] = [*([str(APP / "lib/py310")] if sys.version_info >= (3, 10) else []), str(APP / "lib")]
    try:
        from loglm_bridge.splunk.alert.main import main
    except Exception as error:  # noqa: BLE001 - a damaged app or an old Python is reported in splunkd.log
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"ERROR LogLM: the app cannot start on Python {version} ({type(error).__name__}). Install it again.")
    sys.exit(main(APP, sys.argv[1:]))
