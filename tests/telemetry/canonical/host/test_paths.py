"""File paths in canonical spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.host.paths import MAX_PATH, file_name, path, unify_paths
from tests.telemetry.parsing import assert_linear, few_examples

FOLDERS = st.from_regex(r"[a-z]{3,8}", fullmatch=True)
SPELLINGS = ("C:\\{}", "c:\\{}", "D:/{}", "\\??\\C:\\{}", "\\\\?\\C:\\{}", "\\Device\\HarddiskVolume3\\{}", '"C:\\{}"')


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"C:\Users\bob\AppData\Local\Temp\tmp12345.tmp", r"\users\{user}\appdata\local\temp\tmp{number}.tmp"),
        (r"\Device\HarddiskVolume3\Windows\explorer.exe", r"\windows\explorer.exe"),
        (r"%SystemRoot%\system32\cmd.exe", r"\windows\system32\cmd.exe"),
        (r"%LOCALAPPDATA%\x.exe", r"\users\{user}\appdata\local\x.exe"),
        (r"$env:TEMP\x.ps1", r"\users\{user}\appdata\local\temp\x.ps1"),
        (r"${env:ProgramData}\x.ps1", r"\programdata\x.ps1"),
        (r"%ComSpec%", r"\windows\system32\cmd.exe"),
        (r"\SystemRoot\System32\smss.exe", r"\windows\system32\smss.exe"),
        (r"\??\C:\Windows\x.exe", r"\windows\x.exe"),
        (r"\\?\C:\Windows\x.exe", r"\windows\x.exe"),
        (r"\\?\UNC\fs1\share\x.exe", r"\\{host}\share\x.exe"),
        (r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\x", r"\device\harddiskvolumeshadowcopy1\x"),
        (r"\Device\Mup\fs1\share\x.exe", r"\\{host}\share\x.exe"),
        (r"\\.\PhysicalDrive0", r"\physicaldrive0"),
        ("C:/Windows/System32/cmd.exe", r"\windows\system32\cmd.exe"),
        ("file:///C:/Users/bob/a.hta", r"\users\{user}\a.hta"),
        (r"C:\PROGRA~1\x.exe", r"\progra~1\x.exe"),
        (r"C:\Windows\.\System32\\cmd.exe", r"\windows\system32\cmd.exe"),
        (r"C:\Windows\Temp\..\System32\cmd.exe", r"\windows\system32\cmd.exe"),
        (r"\\fs1.corp.example\share\a.exe", r"\\{host}\share\a.exe"),
        (r"\\localhost\c$\a.exe", r"\\localhost\c$\a.exe"),
        (r"C:\Users\Public\x.dll", r"\users\public\x.dll"),
        (r"C:\Users\Default\x.dll", r"\users\default\x.dll"),
        (r"C:\Users\bob", r"\users\{user}"),
        (r"C:\Documents and Settings\bob\a.doc", r"\documents and settings\{user}\a.doc"),
        (r"C:\ProgramData\{7c1d2e3f-1111-2222-3333-444455556666}\x", r"\programdata\{guid}\x"),
        (r"c:\windows\temp\ab12cd34ef.exe", r"\windows\temp\{hex}.exe"),
        (r"C:\Program Files\App\app-1.2.3\app.exe", r"\program files\app\app-{version}\app.exe"),
        ("/home/bob/.bashrc", "/home/{user}/.bashrc"),
        ("/Users/ann/Library/LaunchAgents/a.plist", "/users/{user}/library/launchagents/a.plist"),
        ("/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/x", "/private/var/folders/{random}/t/x"),
        ("/logs/2024/01/03/app.log", "/logs/{time}/app.log"),
        ("/etc/shadow", "/etc/shadow"),
        (r"C:\x\{user}\y", r"\x\{_user}\y"),
        ("System", "system"),
        ("", ""),
    ],
)
def test_spelling(raw, canonical):
    assert path(raw) == canonical


@few_examples
@given(st.lists(FOLDERS, min_size=1, max_size=5))
def test_all_spellings_of_a_path_are_one(folders):
    joined = "\\".join(folders)
    spelled = {
        path(spelling.format(joined.replace("\\", "/") if "/" in spelling else joined)) for spelling in SPELLINGS
    }
    assert spelled == {"\\" + joined}


@few_examples
@given(st.from_regex(r"[A-Za-z][A-Za-z .-]{0,12}[A-Za-z]", fullmatch=True), FOLDERS)
def test_no_profile_name_is_left(name, folder):
    known = {"public", "default", "default user", "all users", "administrator", "shared", "guest", "defaultapppool"}
    masked = name.lower() if name.lower() in known | {"systemprofile"} else "{user}"
    assert path(f"C:\\Users\\{name}\\{folder}") == f"\\users\\{masked}\\{folder}"
    assert path(f"/home/{name}/{folder}") == f"/home/{masked}/{folder}"


def test_paths_inside_text_are_unified():
    text = r"copy c:\users\bob\a.txt \\fs1\share\a.txt and /home/bob/b"
    assert unify_paths(text) == r"copy \users\{user}\a.txt \\{host}\share\a.txt and /home/{user}/b"
    assert unify_paths("no path here") == "no path here"


@given(st.text(alphabet=st.sampled_from("\\/:%{}$abcABC019.-_ ?"), max_size=120))
def test_any_text_becomes_lower_case(raw):
    assert path(raw) == path(raw).lower()


def test_long_paths_are_cut():
    assert len(path("C:\\" + "abc\\" * 1_000)) <= MAX_PATH


@pytest.mark.parametrize(
    ("raw", "name"),
    [(r"\windows\system32\cmd.exe", "cmd.exe"), ("/usr/bin/sh", "sh"), ("bare", "bare"), ("\\", ""), ("", "")],
)
def test_file_name(raw, name):
    assert file_name(raw) == name


@pytest.mark.parametrize("unit", ["\\", "\\users\\", "/home/", "a\\..\\", "c:/", "%temp%", "\\\\a", "volume{"])
def test_unifying_takes_linear_time(unit):
    assert_linear(unify_paths, unit)
