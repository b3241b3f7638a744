"""Registry keys, accounts, SIDs, masks, tasks, cloud resources and values of unknown kind."""

import pytest

from loglm_bridge.telemetry.canonical import identity, resources, untyped_values, values
from loglm_bridge.telemetry.canonical.host import accounts, registry

TASK = (
    '<?xml version="1.0"?><Task><Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers><Principals>'
    "<Principal><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals><Settings>"
    r"<Hidden>true</Hidden></Settings><Actions><Exec><Command>C:\Users\bob\a.exe</Command><Arguments>-x</Arguments>"
    "</Exec></Actions></Task>"
)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\x", r"hklm\system\currentcontrolset\services\x"),
        (r"HKEY_LOCAL_MACHINE\Software\X", r"hklm\software\x"),
        (r"HKLM:\Software\X", r"hklm\software\x"),
        (r"HKU\S-1-5-21-1-2-3-1001\Software\X", r"hkcu\software\x"),
        (r"HKU\S-1-5-21-1-2-3-1001_Classes\ms-settings", r"hkcu\software\classes\ms-settings"),
        (r"HKU\S-1-5-18\Software", r"hku\system\software"),
        (r"HKCR\CLSID\{7c1d2e3f-1111-2222-3333-444455556666}", r"hkcr\clsid\{guid}"),
    ],
)
def test_registry(raw, canonical):
    assert registry.key(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (r"NT AUTHORITY\SYSTEM", "system"),
        (r"AUTORITE NT\Système", "system"),
        (r"CORP\bob", "{user}"),
        ("bob@corp.example", "{user}"),
        ("PC01$", "{machine}"),
        ("root", "root"),
        ("www-data", "www-data"),
        (r"BUILTIN\Administrators", "administrators"),
        (r"Window Manager\DWM-1", "dwm"),
        ("S-1-5-21-1-2-3-500", "{sid-500}"),
        ("S-1-5-21-1-2-3-1001", "{sid}"),
        ("S-1-5-32-544", "administrators"),
        ("x@y.iam.gserviceaccount.com", "{service_account}"),
        ("arn:aws:iam::123456789012:user/bob", "{user}"),
        ("arn:aws:sts::123456789012:assumed-role/deploy/bob", "{role}"),
        ("arn:aws:iam::123456789012:root", "root"),
        ("-", ""),
    ],
)
def test_accounts(raw, canonical):
    assert accounts.account(raw) == canonical


def test_the_sid_decides_for_the_systems_own_accounts():
    assert accounts.pair("HOST7$", "S-1-5-18") == "system"
    assert accounts.pair("bob", "S-1-5-21-1-2-3-500") == "administrator"
    assert accounts.pair("bob", "S-1-5-21-1-2-3-1001") == "{user}"
    assert accounts.pair("", "S-1-0-0") == ""


def test_sids():
    assert identity.sid("S-1-5-21-1-2-3-512") == "{sid-512}"
    assert identity.sid("S-1-16-12288") == "high"
    assert identity.mask("sid S-1-5-18 id 7c1d2e3f-1111-2222-3333-444455556666 n 123456 at 12:30:01") == (
        "sid system id {guid} n {number} at {time}"
    )
    assert identity.mask("{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}") == "{ds-replication-get-all}"


def test_codes_masks_and_messages():
    assert values.code("0xC000006D") == "0xc000006d"
    assert values.code("-2147024891") == "0x80070005"
    assert values.mask("0x001fffff") == "0x1fffff"
    assert values.message("%%1833") == "impersonation"
    assert values.message("%%1537\r\n\t\t%%1538") == "delete read control"
    assert values.integrity("S-1-16-8192") == values.integrity("Medium") == values.integrity("8192") == "medium"
    assert values.service_start("auto start") == values.service_start("2") == "auto"


def test_call_trace_keeps_modules():
    trace = r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00007FF8A1)"
    assert values.call_trace(trace) == "ntdll.dll kernelbase.dll unknown"


def test_a_task_in_short():
    shown = r"\users\{user}\a.exe -x logontrigger highestavailable hidden system"
    assert values.task(TASK) == shown
    assert values.task(TASK.replace("<", "&lt;").replace(">", "&gt;")) == shown


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("arn:aws:iam::123456789012:role/deploy", "arn:aws:iam:role/{name}"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam:policy/administratoraccess"),
        ("arn:aws:s3:::my-bucket", "arn:aws:s3:{name}"),
        (
            "/subscriptions/x/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v1/keys/k1",
            "microsoft.keyvault/vaults/{name}/keys/{name}",
        ),
        ("projects/p1/zones/z/instances/i", "projects/{name}/zones/{name}/instances/{name}"),
    ],
)
def test_cloud_resources(raw, canonical):
    assert resources.resource(raw) == canonical
    assert untyped_values.guess(raw) == canonical


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("2026-03-04T05:06:07Z", "{time}"),
        ("7c1d2e3f-1111-2222-3333-444455556666", "{guid}"),
        ("10.1.2.3", "{private}"),
        ("a@b.example", "{email}"),
        ("deadbeef00112233445566778899aabb", "{hex}"),
        ("443", "443"),
        ("123456", "{64k-128k}"),
        (r"C:\Users\bob\a.exe", r"\users\{user}\a.exe"),
        (r"HKLM\Software\X", r"hklm\software\x"),
        ("-", ""),
        ("Denied by policy", "denied by policy"),
    ],
)
def test_unknown_values_by_their_shape(raw, canonical):
    assert untyped_values.guess(raw) == canonical


def test_rendered_messages_lose_their_names():
    text = untyped_values.free_text(
        r"Session logon succeeded: User: CORP\m.ortega from CORP\pc7$ account name: m.ortega"
    )
    assert "ortega" not in text
    assert "corp" not in text
