"""Accounts: well-known ones keep their names, machines and people become placeholders."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, placeholders, resources

_MAX_ACCOUNT = 300

#: Accounts that mean the same on every machine.
KNOWN = frozenset(
    """
    system|local service|network service|anonymous logon|administrator|administrators|guest|guests|krbtgt|root|nobody
    |daemon|bin|sys|www-data|apache|nginx|httpd|tomcat|mysql|postgres|oracle|redis|mongodb|sshd|ftp|vsftpd|mail|postfix
    |everyone|users|authenticated users|domain admins|enterprise admins|schema admins|domain users|domain computers
    |domain controllers|domain guests|backup operators|account operators|server operators|print operators|power users
    |remote desktop users|remote management users|group policy creator owners|key admins|enterprise key admins
    |dnsadmins|hyper-v administrators|distributed com users|event log readers|cert publishers|iusr|iis_iusrs
    |defaultaccount|wdagutilityaccount|trustedinstaller|defaultapppool|admin|sa|test|support|backup|user|default
    |ubuntu|ec2-user|centos|vagrant|ansible|jenkins|git|docker|pi|_windowserver|_spotlight|_coreaudiod|_softwareupdate
    |system:anonymous|system:admin|system:masters|system:apiserver|system:kube-scheduler|system:kube-controller-manager
    |hidden|anonymous|unknown|app@sharepoint|nt service|lp|news|proxy|polkitd|systemd-network|systemd-resolve|chrony
    |crond|cron|messagebus|dbus|syslog|nagios|zabbix|splunk|postmaster|operator|games|uucp|none|(unknown)|web|info
    """.replace("\n", "").replace(" |", "|").replace("    ", "").strip().split("|")
)  # fmt: skip
#: Localised names of the system's accounts.
_LOCALISED = {
    "sistema": "system", "système": "system", "système local": "system", "система": "system", "systeem": "system",
    "service local": "local service", "service réseau": "network service", "servicio local": "local service",
    "servicio de red": "network service", "lokaler dienst": "local service", "netzwerkdienst": "network service",
    "administrateur": "administrator", "administrador": "administrator", "администратор": "administrator",
    "localsystem": "system", "localservice": "local service", "networkservice": "network service",
    "anonymous": "anonymous logon", "invité": "guest", "gast": "guest", "invitado": "guest", "гость": "guest",
}  # fmt: skip
_RIDS = {"500": "administrator", "501": "guest", "502": "krbtgt"}
#: Names that are well-known with a realm after them too; others of KNOWN are people there.
_KNOWN_WITH_REALM = frozenset({"administrator", "root", "krbtgt", "guest"})
_DWM = re.compile(r"(?:dwm|umfd)-\d{1,4}\Z")
_ABSENT = frozenset({"", "-", "n/a", "null", "not available", "(null)", "unset"})


def account(value: str) -> str:
    """Return the canonical account: `NT AUTHORITY\\SYSTEM` -> `system`, `HOST$` -> `{machine}`, else `{user}`.

    Domain and realm are dropped; a SID in place of a name is read as a SID; an absent account stays empty.
    """
    return _account(value[:_MAX_ACCOUNT])


def pair(name: str, sid: str) -> str:
    """Return the canonical account of a name and a SID, either of which may be empty.

    In Security events the system's own accounts act under their machine's name; their SID decides.
    """
    by_sid = identity.sid(sid) if sid[:2] in ("S-", "s-") else ""
    if by_sid and not by_sid.startswith("{") and by_sid != "nobody":
        return by_sid
    by_name = account(name)
    if by_name in ("", placeholders.USER) and by_sid.startswith("{sid-"):
        return _RIDS.get(by_sid[5:-1], by_name or by_sid)
    if by_name:
        return by_name
    return placeholders.USER if by_sid == placeholders.SID else by_sid.removeprefix("nobody")


@remembered(3)
def _account(value: str) -> str:
    text = value.strip().strip("\"'").lower()
    if text in _ABSENT:
        return ""
    if text.startswith("s-1-"):
        return identity.sid(text)
    if text.startswith("arn:"):
        return resources.principal(text)
    domain, _, name = text.rpartition("\\")
    local, at, realm = name.partition("@")
    if at and realm:
        return _with_realm(local, realm)
    if domain in ("iis apppool", "nt virtual machine"):
        return f"{domain}\\{name if name in KNOWN else resources.NAME}"
    if domain == "nt service":
        return f"{domain}\\{identity.mask_segment(placeholders.escape(name))}"
    name = _LOCALISED.get(name, name)
    if name in KNOWN:
        return name
    if name.endswith("$"):
        return placeholders.MACHINE
    if _DWM.match(name):
        return name.partition("-")[0]
    return placeholders.USER


def _with_realm(local: str, realm: str) -> str:
    """Return the canonical account of `local@realm`: a cloud's service account, a machine or a person."""
    if realm.endswith("gserviceaccount.com"):
        return "{service_account}"
    if local.endswith("$"):
        return placeholders.MACHINE
    return local if local in _KNOWN_WITH_REALM else placeholders.USER
