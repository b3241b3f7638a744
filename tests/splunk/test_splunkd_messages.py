"""Messages of the input and the alert action to splunkd."""

import subprocess
import sys

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.splunk.config.app_log import open_log
from loglm_bridge.splunk.splunkd_messages import log_to_splunkd, report_error, report_internal_error


def test_message_is_one_line_with_its_level(capfd):
    log_to_splunkd("WARN", "a\nERROR forged \x1b[31m")
    assert capfd.readouterr().err == "WARN a\\nERROR forged \\u001b[31m\n"


def test_error_is_reported_with_consequence_advice_and_reference(capfd):
    assert report_error(open_log("none"), "LogLM input x", ConfigError("no", hint="try yes"), "All stopped.") == 1
    line = capfd.readouterr().err
    assert line.startswith("ERROR LogLM input x: no. All stopped. Try yes. ref=")


def test_internal_error_is_reported_without_its_text(capfd):
    assert report_internal_error(open_log("none"), "LogLM input x", KeyError("secret")) == 1
    line = capfd.readouterr().err
    assert line.startswith("ERROR LogLM: internal error (KeyError). Look for ref=")
    assert "secret" not in line


def test_closed_stderr_is_ignored(root):
    program = "import sys; from loglm_bridge.splunk.splunkd_messages import log_to_splunkd as log; sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{program}; log('INFO', 'a'); log('INFO', 'b')"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
    )
    process.stderr.close()
    process.stdin.close()
    assert process.wait(30) == 0
