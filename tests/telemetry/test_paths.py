"""File paths in the one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.host.paths import file_name, path


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"C:\Users\bob\AppData\Local\Temp\tmp12345.tmp", r"\users\{user}\appdata\local\temp\tmp{number}.tmp"),
        (r"\Device\HarddiskVolume3\Windows\explorer.exe", r"\windows\explorer.exe"),
        (r"%SystemRoot%\system32\cmd.exe", r"\windows\system32\cmd.exe"),
        (r"\SystemRoot\System32\smss.exe", r"\windows\system32\smss.exe"),
        (r"\??\C:\Windows\x.exe", r"\windows\x.exe"),
        (r"\\?\C:\Windows\x.exe", r"\windows\x.exe"),
        (r"\\?\UNC\fs1\share\x.exe", r"\\{host}\share\x.exe"),
        (r"\\.\PhysicalDrive0", r"\physicaldrive0"),
        ("C:/Windows/System32/cmd.exe", r"\windows\system32\cmd.exe"),
        ("file:///C:/Users/bob/a.hta", r"\users\{user}\a.hta"),
        (r"C:\PROGRA~1\x.exe", r"\progra~1\x.exe"),
        (r"\\fs1.corp.example\share\a.exe", r"\\{host}\share\a.exe"),
        (r"\\localhost\c$\a.exe", r"\\localhost\c$\a.exe"),
        (r"C:\Users\Public\x.dll", r"\users\public\x.dll"),
        (r"C:\Users\Default\x.dll", r"\users\default\x.dll"),
        (r"C:\Users\bob", r"\users\{user}"),
        (r"C:\Documents and Settings\bob\a.doc", r"\documents and settings\{user}\a.doc"),
        (r"C:\ProgramData\{7c1d2e3f-1111-2222-3333-444455556666}\x", r"\programdata\{guid}\x"),
        (r"c:\windows\temp\ab12cd34ef.exe", r"\windows\temp\{hex}.exe"),
        ("/home/bob/.bashrc", "/home/{user}/.bashrc"),
        ("/Users/ann/Library/LaunchAgents/a.plist", "/users/{user}/library/launchagents/a.plist"),
        ("/etc/shadow", "/etc/shadow"),
        (r"C:\x\{user}\y", r"\x\{_user}\y"),
        ("System", "system"),
    ],
)
def test_spelling(raw, canonical):
    assert path(raw) == canonical


@given(st.text(alphabet=st.sampled_from("\\/:%{}$abcABC019.-_ ?"), max_size=120))
def test_any_text(raw):
    assert path(raw) == path(raw).lower()


def test_file_name():
    assert file_name(r"\windows\system32\cmd.exe") == "cmd.exe"
    assert file_name("/usr/bin/sh") == "sh"
    assert file_name("bare") == "bare"
