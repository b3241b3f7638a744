"""Windows events: a short name for the source, and the action that an event id means."""

from __future__ import annotations

from typing import Mapping, Sequence

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.record import Field

#: Provider or channel in lower case -> source.
_SOURCES: Mapping[str, str] = {
    "linux-sysmon": "sysmon",
    "microsoft-windows-sysmon": "sysmon",
    "microsoft-windows-sysmon/operational": "sysmon",
    "linux-sysmon/operational": "sysmon",
    "microsoft-windows-security-auditing": "security",
    "security": "security",
    "powershell": "powershell",
    "microsoft-windows-powershell": "powershell",
    "microsoft-windows-powershell/operational": "powershell",
    "powershellcore": "powershell",
    "powershellcore/operational": "powershell",
    "windows powershell": "powershell",
    "service control manager": "services",
    "microsoft-windows-windows defender": "defender",
    "microsoft-windows-windows defender/operational": "defender",
    "microsoft-windows-taskscheduler": "taskscheduler",
    "microsoft-windows-wmi-activity": "wmi",
    "microsoft-windows-bits-client": "bits",
    "microsoft-windows-eventlog": "eventlog",
    "microsoft-windows-dns-client": "dns_client",
    "microsoft-windows-terminalservices-localsessionmanager": "rdp_session",
    "microsoft-windows-terminalservices-remoteconnectionmanager": "rdp_connection",
    "microsoft-windows-remotedesktopservices-rdpcorets": "rdp_core",
    "microsoft-windows-winrm": "winrm",
    "microsoft-windows-applocker": "applocker",
    "microsoft-windows-windows firewall with advanced security": "firewall",
}

#: Fields whose first values decide an event's kind.
DECIDING_FIELDS = ("Provider", "Channel", "EventID")

_SYSMON = {
    1: "process_create", 2: "file_time_change", 3: "network_connect", 4: "sensor_state", 5: "process_terminate",
    6: "driver_load", 7: "image_load", 8: "remote_thread", 9: "raw_disk_read", 10: "process_access",
    11: "file_create", 12: "registry_key", 13: "registry_set", 14: "registry_rename", 15: "file_stream_create",
    16: "sensor_config", 17: "pipe_create", 18: "pipe_connect", 19: "wmi_filter", 20: "wmi_consumer",
    21: "wmi_binding", 22: "dns_query", 23: "file_delete", 24: "clipboard_change", 25: "process_tamper",
    26: "file_delete", 27: "file_block", 28: "file_block", 29: "file_create", 255: "sensor_error",
}  # fmt: skip
_SECURITY = {
    1100: "log_stop", 1102: "log_clear", 4608: "system_start", 4610: "auth_package_load", 4611: "logon_process_load",
    4614: "notification_package_load", 4616: "time_change", 4622: "security_package_load", 4624: "logon",
    4625: "logon_failed", 4627: "logon_groups", 4634: "logoff", 4647: "logoff", 4648: "logon_explicit",
    4649: "replay_attack", 4656: "handle_request", 4657: "registry_set", 4658: "handle_close", 4660: "object_delete",
    4661: "handle_request", 4662: "directory_access", 4663: "object_access", 4664: "hard_link_create",
    4670: "permission_change", 4672: "logon_privileged", 4673: "privilege_use", 4674: "privilege_use",
    4688: "process_create", 4689: "process_terminate", 4690: "handle_duplicate", 4692: "key_backup",
    4696: "token_assign", 4697: "service_install", 4698: "task_create", 4699: "task_delete", 4700: "task_enable",
    4701: "task_disable", 4702: "task_update", 4703: "token_right_change", 4704: "user_right_add",
    4705: "user_right_remove", 4706: "trust_add", 4713: "kerberos_policy_change", 4717: "system_access_add",
    4719: "audit_policy_change", 4720: "account_create", 4722: "account_enable", 4723: "password_change",
    4724: "password_reset", 4725: "account_disable", 4726: "account_delete", 4727: "group_create", 4728: "group_add",
    4729: "group_remove", 4731: "group_create", 4732: "group_add", 4733: "group_remove", 4735: "group_change",
    4737: "group_change", 4738: "account_change", 4739: "domain_policy_change", 4740: "account_lockout",
    4741: "machine_create", 4742: "machine_change", 4743: "machine_delete", 4756: "group_add", 4757: "group_remove",
    4765: "sid_history_add", 4766: "sid_history_add", 4767: "account_unlock", 4768: "kerberos_tgt",
    4769: "kerberos_service_ticket", 4770: "kerberos_renew", 4771: "kerberos_failed", 4776: "ntlm_validate",
    4778: "session_reconnect", 4779: "session_disconnect", 4781: "account_rename", 4798: "user_groups_enumerate",
    4799: "group_members_enumerate", 4800: "workstation_lock", 4801: "workstation_unlock", 4825: "rdp_denied",
    4898: "certificate_template_load", 4899: "certificate_template_change", 4886: "certificate_request",
    4887: "certificate_issue", 4907: "audit_setting_change", 4928: "replica_source", 4929: "replica_source",
    4946: "firewall_rule_add", 4947: "firewall_rule_change", 4948: "firewall_rule_delete", 4985: "transaction_state",
    5024: "firewall_start", 5025: "firewall_stop", 5058: "key_file_operation", 5059: "key_migration",
    5061: "key_operation", 5136: "directory_change", 5137: "directory_create", 5140: "share_access",
    5141: "directory_delete", 5142: "share_create", 5144: "share_delete", 5145: "share_file_access",
    5152: "packet_block", 5154: "network_listen", 5155: "network_listen_block", 5156: "network_connect",
    5157: "network_block", 5158: "network_bind", 5379: "credential_read", 5381: "credential_read",
    5382: "credential_read", 5857: "wmi_provider_load", 6416: "device_attach",
}  # fmt: skip
_POWERSHELL = {
    400: "engine_start", 403: "engine_stop", 500: "command_start", 501: "command_stop", 600: "provider_start",
    800: "pipeline", 4100: "script_error", 4103: "pipeline", 4104: "script_block", 4105: "script_start",
    4106: "script_stop", 40961: "console_start", 40962: "console_ready", 53504: "ipc_listen",
}  # fmt: skip
#: Source -> event id -> action.
_ACTIONS: Mapping[str, Mapping[int, str]] = {
    "sysmon": _SYSMON,
    "security": _SECURITY,
    "powershell": _POWERSHELL,
    "services": {
        7009: "service_timeout", 7022: "service_failed", 7023: "service_failed", 7024: "service_failed",
        7031: "service_crash", 7034: "service_crash", 7035: "service_control", 7036: "service_state",
        7040: "service_change", 7045: "service_install", 7000: "service_failed",
    },
    "eventlog": {104: "log_clear", 1102: "log_clear", 1100: "log_stop", 6005: "system_start", 6006: "system_stop"},
    "taskscheduler": {
        100: "task_start", 102: "task_stop", 106: "task_create", 107: "task_trigger", 110: "task_start",
        118: "task_start", 129: "task_process", 140: "task_update", 141: "task_delete", 142: "task_disable",
        200: "task_action", 201: "task_action_end",
    },
    "wmi": {5857: "wmi_provider_load", 5858: "wmi_query", 5859: "wmi_filter", 5860: "wmi_filter", 5861: "wmi_binding"},
    "bits": {3: "transfer_create", 4: "transfer_complete", 59: "transfer_start", 60: "transfer_stop",
             61: "transfer_failed", 16403: "transfer_file"},
    "dns_client": {3006: "dns_query", 3008: "dns_query", 3010: "dns_query", 3018: "dns_query", 3019: "dns_query",
                   3020: "dns_query"},
    "rdp_session": {21: "session_logon", 22: "session_shell", 23: "session_logoff", 24: "session_disconnect",
                    25: "session_reconnect", 39: "session_disconnect", 40: "session_disconnect"},
    "rdp_connection": {261: "rdp_connect", 1149: "rdp_logon"},
    "rdp_core": {131: "rdp_connect", 98: "rdp_connect", 140: "rdp_failed"},
    "defender": {
        1006: "malware_detect", 1007: "malware_action", 1013: "malware_history_delete", 1015: "malware_behaviour",
        1116: "malware_detect", 1117: "malware_action", 1118: "malware_action_failed", 1119: "malware_action_failed",
        5000: "protection_enable", 5001: "protection_disable", 5004: "protection_change", 5007: "protection_change",
        5010: "protection_disable", 5012: "protection_disable", 1121: "asr_block", 1122: "asr_audit",
        5013: "tamper_block",
    },
    "firewall": {2002: "firewall_change", 2003: "firewall_change", 2004: "firewall_rule_add",
                 2005: "firewall_rule_change", 2006: "firewall_rule_delete", 2033: "firewall_rule_delete",
                 2097: "firewall_rule_add"},
}  # fmt: skip


def classify(fields: Sequence[Field]) -> tuple[str, str]:
    """Return family and kind of an event from Provider, Channel and EventID: ("windows", "sysmon:1")."""
    provider = channel = event_id = ""
    for name, value in fields[:24]:
        if name == "Provider":
            provider = provider or value
        elif name == "Channel":
            channel = channel or value
        elif name == "EventID":
            event_id = event_id or value
        if provider and channel and event_id:
            break
    return "windows", kind_of(provider, channel, event_id)


@remembered(1)
def kind_of(provider: str, channel: str, event_id: str) -> str:
    """Return the kind of an event: its source's short name and its id, `security:4688`."""
    provider, channel, event_id = provider.strip().lower(), channel.strip().lower(), event_id.strip()
    if channel == "security":
        source = "security"
    else:
        source = _SOURCES.get(provider) or _SOURCES.get(channel) or _short(provider or channel)
    number = event_id if event_id.isdigit() and len(event_id) <= 6 else ""
    return f"{source}:{number}" if number else source


def _short(provider: str) -> str:
    name = provider.removeprefix("microsoft-windows-").removeprefix("microsoft-")
    return "".join(c if c.isalnum() else "_" for c in name)[:60].strip("_")


@remembered(1)
def action_of(kind: str) -> str:
    """Return the action of a kind (`process_create` for sysmon:1 and security:4688), empty if unknown."""
    source, _, number = kind.partition(":")
    return _ACTIONS.get(source, {}).get(int(number), "") if number.isdecimal() else ""
