"""Value types, mostly of Windows and endpoint logs, that need no module of their own."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, placeholders
from loglm_bridge.telemetry.canonical.host import accounts, commands, paths
from loglm_bridge.telemetry.canonical.network import addresses

#: Longest value of a short type; longer ones are cut.
MAX_WORD = 200
#: Module names of one call trace.
_MAX_FRAMES = 12

#: Message-table parameters of Security events (%%NNNN), as msobjs.dll and adtschema.dll spell them.
_MESSAGES = {
    "%%1832": "identification", "%%1833": "impersonation", "%%1840": "delegation",
    "%%1841": "denied by process trust",
    "%%1842": "yes", "%%1843": "no", "%%1936": "default", "%%1937": "full", "%%1938": "limited",
    "%%14592": "inbound", "%%14593": "outbound", "%%14674": "value added", "%%14675": "value deleted",
    "%%1537": "delete", "%%1538": "read control", "%%1539": "write dac", "%%1540": "write owner",
    "%%1541": "synchronize",
    "%%8272": "system", "%%8273": "logon/logoff", "%%8274": "object access", "%%8275": "privilege use",
    "%%8276": "detailed tracking", "%%8277": "policy change", "%%8278": "account management", "%%8279": "ds access",
    "%%8280": "account logon", "%%2048": "account enabled", "%%2080": "account disabled",
    "%%2050": "password required", "%%2082": "password not required", "%%2084": "normal account",
    "%%2089": "password never expires", "%%2093": "trusted for delegation", "%%2096": "preauth not required",
    "%%2098": "trusted to authenticate for delegation", "%%1904": "create value", "%%1905": "change value",
    "%%1906": "delete value", "%%1872": "none", "%%1873": "reg_sz",
    "%%1874": "reg_expand_sz", "%%1875": "reg_binary", "%%1876": "reg_dword", "%%1879": "reg_multi_sz",
    "%%1883": "reg_qword", "%%8099": "enumerate credentials", "%%8100": "read credential",
    "%%8448": "success removed",
    "%%8449": "success added", "%%8450": "failure removed", "%%8451": "failure added", "%%2313": "bad password",
    "%%2304": "logon error", "%%2305": "account expired", "%%2307": "account locked", "%%2310": "account disabled",
}  # fmt: skip
_TRANSPORTS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmp6", "2": "igmp", "47": "gre", "50": "esp"}
_START_TYPES = {"0": "boot", "1": "system", "2": "auto", "3": "demand", "4": "disabled"}
_SERVICE_TYPES = {
    "0x10": "user", "0x20": "user", "16": "user", "32": "user", "0x1": "kernel", "1": "kernel", "0x2": "kernel",
    "0x110": "user", "0x50": "user",
}  # fmt: skip
_INTEGRITY = {"0": "untrusted", "4096": "low", "8192": "medium", "8448": "medium plus", "12288": "high",
              "16384": "system", "20480": "protected"}  # fmt: skip
_TASK_ACTION = re.compile(r"<(?:Command|Arguments|ClassId)>([^<>]{1,4000})</", re.IGNORECASE)
_TASK_TRAIT = re.compile(
    r"<((?:Boot|Logon|Time|Calendar|Event|Registration|Idle|SessionStateChange)Trigger)\b"
    r"|<RunLevel>(HighestAvailable)<|<(Hidden)>true",
    re.IGNORECASE,
)
_TASK_USER = re.compile(r"<(?:UserId|GroupId)>([^<>]{1,100})<", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,300}>")
_DIGITS = re.compile(r"\d{3,}")
_BLANK_MESSAGES = frozenset({"", "-", "---", placeholders.GUID, "%%1793", "%%1794"})
_SPLIT = re.compile(r"[;,\s]+")


def word(value: str) -> str:
    """Return a short value in lower case, identity masked; MAX_WORD characters are read."""
    return _word(value[:MAX_WORD])


@remembered(3)
def _word(value: str) -> str:
    text = placeholders.escape(value.strip()).lower()
    return "" if text in ("", "-", "n/a", "null", "(null)") else identity.mask(text)


def message(value: str) -> str:
    """Return the text of message-table parameters (`%%1833` -> `impersonation`); unknown ones are unchanged."""
    return _message(value[: MAX_WORD * 10])


@remembered(1)
def _message(value: str) -> str:
    if "%%" not in value:
        return word(value)
    parts = (_MESSAGES.get(part) or (part if part.startswith("%%") else word(part)) for part in _SPLIT.split(value))
    return " ".join(part for part in dict.fromkeys(parts) if part not in _BLANK_MESSAGES)[:MAX_WORD]


def pipe(value: str) -> str:
    """Return a pipe's name with every run of three or more digits masked."""
    return _DIGITS.sub(placeholders.NUMBER, paths.path(value[:MAX_WORD]))


def wmi(value: str) -> str:
    """Return a WMI object's text as a command, its escaped backslashes and quotes unescaped."""
    return commands.command(value.replace("\\\\", "\\").replace('\\"', '"'))


def detections(value: str) -> str:
    """Return the paths of a detection: `file:_C:\\x; process:_pid:12` -> `file:\\x process`."""
    parts = (part.strip().partition(":_") for part in value[:2_000].split(";") if part.strip())
    detected = (f"{kind}:{paths.path(rest)}" if kind != "process" else kind for kind, _, rest in parts)
    return " ".join(dict.fromkeys(detected))[:600]


def mask(value: str) -> str:
    """Return an access mask or option set as lower-case hexadecimal without leading zeros."""
    text = value[:40].strip().lower()
    try:
        return hex(int(text, 16 if text.startswith("0x") else 10)) if text not in ("", "-") else ""
    except ValueError:
        return message(text)


def code(value: str) -> str:
    """Return a status code as Windows writes it: `0xC000006D` -> `0xc000006d`, a long decimal as hexadecimal."""
    text = value[:40].strip().lower()
    if text.startswith("%%"):
        return message(text)
    if text.lstrip("-").isdecimal() and len(text) >= 5 and len(text) <= 20:
        return hex(int(text) & 0xFFFFFFFF)
    return text if text.startswith("0x") and len(text) <= 18 and text[2:].isalnum() else word(value)


def transport(value: str) -> str:
    """Return a transport protocol's name: `6` -> `tcp` (IANA protocol numbers)."""
    text = word(value)
    return _TRANSPORTS.get(text, text)


def initiated(value: str) -> str:
    """Return the direction that Sysmon's Initiated means: `true` -> `outbound`."""
    return {"true": "outbound", "false": "inbound"}.get(value.strip().lower(), "")


def integrity(value: str) -> str:
    """Return an integrity level's name, given as name, SID or number."""
    text = value.strip().lower()
    return identity.sid(text) if text.startswith("s-1-16-") else _INTEGRITY.get(text, word(text))


def service_start(value: str) -> str:
    """Return a service's start type: boot, system, auto, demand or disabled."""
    text = word(value).removesuffix(" start")
    return _START_TYPES.get(text, text)


def service_type(value: str) -> str:
    """Return `user` or `kernel` for a service type given as words or flags."""
    text = word(value)
    return _SERVICE_TYPES.get(text, "kernel" if "kernel" in text else "user" if "user mode" in text else text)


@remembered(3)
def call_trace(value: str) -> str:
    """Return a call trace's module names in order, without offsets and repeats, at most _MAX_FRAMES of them."""
    names: list[str] = []
    for text in value[:2_000].split("|"):
        frame = text.partition("+")[0].strip().lower()
        name = "unknown" if frame.startswith("unknown") else paths.file_name(frame)
        if name and (not names or names[-1] != name):
            names.append(name)
        if len(names) == _MAX_FRAMES:
            break
    return placeholders.escape(" ".join(names))


def answers(value: str) -> str:
    """Return the canonical addresses and names of a DNS answer, each once, at most six."""
    records = dict.fromkeys(addresses.ip(part) for part in _SPLIT.split(value[:600]) if part and part != "-")
    return " ".join([record for record in records if record][:6])


def sids(value: str) -> str:
    """Return the names of the well-known SIDs in a list, each once, at most 24."""
    names = dict.fromkeys(identity.sid(match[0]) for match in identity.SID.finditer(value[:4_000]))
    return " ".join([name for name in names if name != placeholders.SID][:24])


def share(value: str) -> str:
    """Return a share's name without its server: `\\\\*\\ADMIN$` -> `admin$`."""
    return word(paths.file_name(value[:MAX_WORD].rstrip("\\").lower()))


def principals(value: str) -> str:
    """Return service principal names without their hosts, each once: `cifs/fs1.example.com` -> `cifs/{host}`."""
    parts = (part.partition("/") for part in _SPLIT.split(value[:2_000].lower()) if part)
    return " ".join(
        dict.fromkeys(f"{placeholders.escape(kind)[:40]}/{placeholders.HOST}" for kind, slash, _ in parts if slash)
    )


def distinguished_name(value: str) -> str:
    """Return a distinguished name's containers: without the domain, and without its own name where there are any."""
    parts = [part.strip().lower() for part in value[:600].split(",")]
    below_domain = [part for part in parts if not part.startswith("dc=")]
    return word(",".join(below_domain[1:] if len(below_domain) > 1 else below_domain))


def task(value: str) -> str:
    """Return a summary of a scheduled task's definition: what it runs, its triggers, its principal.

    Schema: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
    """
    text = value[:32_000].replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    actions = [match[1].strip() for match in _TASK_ACTION.finditer(text)]
    traits = [match[1] or match[2] or match[3] for match in _TASK_TRAIT.finditer(text)]
    if not actions and not traits:
        return commands.command(_TAG.sub(" ", text))
    traits_text = " ".join(dict.fromkeys(trait.lower() for trait in traits))
    return f"{commands.command(' '.join(actions))} {traits_text} {_principal(text)}".strip()


def _principal(text: str) -> str:
    match = _TASK_USER.search(text)
    return accounts.account(match[1]) if match else ""
