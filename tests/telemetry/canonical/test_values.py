"""Value types of Windows and endpoint logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.telemetry.canonical import values
from loglm_bridge.telemetry.canonical.value_types import VALUE_TYPES, case_word, elevation
from tests.telemetry.parsing import few_examples

TASK = (
    '<?xml version="1.0"?><Task><Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers><Principals>'
    "<Principal><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals><Settings>"
    r"<Hidden>true</Hidden></Settings><Actions><Exec><Command>C:\Users\bob\a.exe</Command><Arguments>-x</Arguments>"
    "</Exec></Actions></Task>"
)


def table(function, cases):
    """Return the parameters of a test: a function with each of its raw and canonical values."""
    return [pytest.param(function, raw, canonical, id=f"{function.__name__}-{raw[:20]}") for raw, canonical in cases]


CASES = [
    *table(
        values.word, [(" Medium ", "medium"), ("-", ""), ("N/A", ""), ("id 123456", "id {number}"), ("{x}", "{_x}")]
    ),
    *table(
        values.message,
        [
            ("%%1833", "impersonation"),
            ("%%1537\r\n\t\t%%1538", "delete read control"),
            ("%%1537, %%1537", "delete"),
            ("%%9999", "%%9999"),
            ("%%1793", ""),
            ("Delegation", "delegation"),
        ],
    ),
    *table(
        values.pipe,
        [(r"\PSHost.13370.x", r"\pshost.{number}.x"), (r"\lsass", r"\lsass"), ("<Anonymous>", "<anonymous>")],
    ),
    *table(values.wmi, [(r'"cmd.exe /c \"C:\\a.exe\""', r"cmd.exe /c \a.exe")]),
    *table(
        values.detections,
        [
            (r"file:_C:\Users\bob\x.exe", r"file:\users\{user}\x.exe"),
            (r"file:_C:\a.exe; process:_pid:12,x; file:_C:\a.exe", r"file:\a.exe process"),
            ("", ""),
        ],
    ),
    *table(
        values.mask, [("0x001fffff", "0x1fffff"), ("4112", "0x1010"), ("%%1537", "delete"), ("-", ""), ("rw", "rw")]
    ),
    *table(
        values.code,
        [
            ("0xC000006D", "0xc000006d"),
            ("-2147024891", "0x80070005"),
            ("3221225581", "0xc000006d"),
            ("0", "0"),
            ("5", "5"),
            ("%%2313", "bad password"),
            ("Success", "success"),
        ],
    ),
    *table(values.transport, [("6", "tcp"), ("17", "udp"), ("58", "icmp6"), ("TCP", "tcp"), ("99", "99")]),
    *table(values.initiated, [("true", "outbound"), ("False", "inbound"), ("maybe", "")]),
    *table(
        values.integrity, [("S-1-16-8192", "medium"), ("Medium", "medium"), ("8192", "medium"), ("16384", "system")]
    ),
    *table(
        values.service_start, [("auto start", "auto"), ("2", "auto"), ("demand start", "demand"), ("4", "disabled")]
    ),
    *table(values.service_type, [("0x10", "user"), ("user mode service", "user"), ("kernel mode driver", "kernel")]),
    *table(
        values.call_trace,
        [
            (
                r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00007FF8A1)",
                "ntdll.dll kernelbase.dll unknown",
            ),
            ("a.dll+1|a.dll+2|b.dll+1", "a.dll b.dll"),
            ("|".join(f"m{i}.dll+1" for i in range(20)), " ".join(f"m{i}.dll" for i in range(12))),
        ],
    ),
    *table(
        values.answers,
        [("10.0.0.1;203.0.113.9;203.0.113.7", "{private} {public}"), ("-", "")],
    ),
    *table(values.sids, [("%{S-1-1-0} %{S-1-5-32-544} %{S-1-5-21-1-2-3-1104}", "everyone administrators"), ("x", "")]),
    *table(values.share, [(r"\\*\ADMIN$", "admin$"), (r"\\fs1\Docs" + "\\", "docs"), ("", "")]),
    *table(
        values.principals,
        [("cifs/fs1.example.com HTTP/web1", "cifs/{host} http/{host}"), ("cifs/a;cifs/b", "cifs/{host}"), ("x", "")],
    ),
    *table(
        values.distinguished_name,
        [
            ("CN=Bob Lee,OU=Sales,DC=corp,DC=example", "ou=sales"),
            ("CN=Domain Admins,CN=Users,DC=corp,DC=example", "cn=users"),
            ("DC=corp,DC=example", ""),
        ],
    ),
    *table(
        values.task,
        [
            (TASK, r"\users\{user}\a.exe -x logontrigger highestavailable hidden system"),
            (
                TASK.replace("<", "&lt;").replace(">", "&gt;"),
                r"\users\{user}\a.exe -x logontrigger highestavailable hidden system",
            ),
            ("<Task><URI>x</URI></Task>", "x"),
        ],
    ),
    *table(case_word, [(" ShADadFf ", "ShADadFf"), ("{a}", "{_a}")]),
    *table(elevation, [("TokenElevationTypeLimited", "limited"), ("Full", "full")]),
]


@pytest.mark.parametrize(("function", "raw", "canonical"), CASES)
def test_values(function, raw, canonical):
    assert function(raw) == canonical


@few_examples
@given(st.integers(0, 2**32 - 1))
def test_masks_are_equal_in_decimal_and_hexadecimal(number):
    assert values.mask(str(number)) == values.mask(f"0x{number:08X}") == hex(number)


@few_examples
@given(st.integers(2**31, 2**32 - 10_000))
def test_status_codes_are_equal_in_all_spellings(number):
    assert values.code(f"0x{number:X}") == values.code(str(number)) == values.code(str(number - 2**32)) == hex(number)


@pytest.mark.parametrize("value_type", sorted(VALUE_TYPES))
@few_examples
@given(text=st.text(max_size=80))
def test_every_type_accepts_any_text(value_type, text):
    result = VALUE_TYPES[value_type](text)
    assert isinstance(result, str)
    result.encode("utf-8", "surrogatepass")
