"""Endpoint sensors that speak JSON: EDR, osquery, macOS Endpoint Security, auditd turned into JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import Mapping

from loglm_bridge.telemetry.families.product_signatures import Signature, clean_kind, match, told_by

#: Behaviour words shared with Windows events, per product's own name of the event.
_ACTIONS: Mapping[str, str] = {
    "processcreated": "process_create", "processrollup2": "process_create", "syntheticprocessrollup2": "process_create",
    "exec": "process_create", "fork": "process_fork", "exit": "process_terminate", "signal": "process_signal",
    "endofprocess": "process_terminate", "openprocessapicall": "process_access", "get_task": "process_access",
    "createremotethreadapicall": "remote_thread", "filecreated": "file_create", "filedeleted": "file_delete",
    "filerenamed": "file_rename", "filemodified": "file_change", "create": "file_create", "unlink": "file_delete",
    "rename": "file_rename", "write": "file_change", "imageloaded": "image_load", "registryvalueset": "registry_set",
    "registrykeycreated": "registry_create", "registryvaluedeleted": "registry_delete", "driverload": "driver_load",
    "connectionsuccess": "network_connect", "connectionfailed": "network_failed",
    "networkconnectip4": "network_connect",
    "networkconnectip6": "network_connect", "dnsrequest": "dns_query", "dnsqueryresponse": "dns_query",
    "logonsuccess": "logon", "logonfailed": "logon_failed", "userlogon": "logon", "userlogonfailed2": "logon_failed",
    "serviceinstalled": "service_install", "scheduledtaskcreated": "task_create", "powershellcommand": "script_block",
    "useraccountcreated": "account_create", "scripting": "script_block", "authentication": "logon", "mount": "mount",
    "createservice": "service_install", "namedpipeevent": "pipe_connect", "ldapsearch": "directory_search",
    "scheduledtaskregistered": "task_create", "btm_launch_item_add": "persistence_add",
    "antivirusdetection": "malware_detect",
}  # fmt: skip

_SIGNATURES = (
    Signature("endpoint", "defender", ("createdprocessname", "initiatingprocesscommandline"), (), "processcreated"),
    Signature("endpoint", "defender", ("createdprocessname", "createdprocesscommandline"), (), "processcreated"),
    Signature("endpoint", "defender", ("actiontype", "deviceid"), ("actiontype",)),
    Signature("endpoint", "defender", ("actiontype", "initiatingprocessfilename"), ("actiontype",)),
    Signature("endpoint", "defender", ("properties.actiontype", "properties.deviceid"), ("properties.actiontype",)),
    Signature("endpoint", "crowdstrike", ("event_simplename",), ("event_simplename",)),
    Signature("endpoint", "crowdstrike", ("event.event_simplename",), ("event.event_simplename",)),
    Signature("endpoint", "crowdstrike", ("metadata.eventtype", "metadata.customeridstring"),
              ("metadata.eventtype", "event.operationname")),
    Signature("endpoint", "crowdstrike", ("externalapitype",), ("externalapitype",)),
    Signature("endpoint", "crowdstrike", ("event.externalapitype",), ("event.externalapitype",)),
    Signature("endpoint", "cortex", ("actor_process_image_path", "event_type"), ("event_type", "event_sub_type")),
    Signature("endpoint", "sentinelone", ("detectionsource.product", "classification"), ("classification",)),
    Signature("endpoint", "osquery", ("decorations.platform", "action", "name"), ("name", "action")),
    Signature("endpoint", "osquery", ("hostidentifier", "action", "name"), ("name", "action")),
    Signature("endpoint", "osquery", ("hostidentifier", "calendartime", "name"), ("name", "action")),
    Signature("endpoint", "santa", ("machine_id", "file_sha256"), ("decision",)),
    Signature("endpoint", "stormshield", ("serverreserved", "eventguid"), ("type",)),
    Signature("endpoint", "stormshield", ("typecomputedmap", "attributescomputedbitmap"), ("type",)),
    Signature("endpoint", "harfanglab", ("log_type", "agent_id"), ("log_type",)),
    Signature("endpoint", "harfanglab", ("log_type", "agent.agentid"), ("log_type",)),
    Signature("endpoint", "harfanglab", ("log_type", "agent.hostname"), ("log_type",)),
    Signature("endpoint", "harfanglab", ("log_type", "hostname"), ("log_type",)),
    Signature("endpoint", "sentinelone", ("activitytype", "agentid"), ("activitytype",)),
    Signature("endpoint", "sentinelone", ("activitytype", "primarydescription"), ("activitytype",)),
    Signature("endpoint", "sentinelone", ("event.type", "src.process.cmdline"), ("event.type",)),
    Signature("endpoint", "sentinelone", ("dataversion", "event.type"), ("event.type",)),
    Signature("endpoint", "sentinelone", ("threatinfo.threatid",), ("threatinfo.classification",)),
    Signature("endpoint", "sentinelone", ("detectionsource.product", "storylineid"), ("classification",)),
    Signature("endpoint", "carbonblack", ("device_external_ip", "childproc_guid"), ("type",)),
    Signature("endpoint", "carbonblack", ("backend_timestamp", "process_guid"), ("type",)),
    Signature("endpoint", "cybereason", ("metadata.timestamp", "elementdisplayname"), ("@class",)),
    Signature("endpoint", "cortex", ("bioc_indicator", "external_id"), ("category",)),
    Signature("endpoint", "cortex", ("agent_os_type", "external_id"), ("category",)),
    Signature("endpoint", "eset", ("source_uuid", "event_type"), ("event_type",)),
    Signature("endpoint", "sophos", ("endpoint_id", "customer_id"), ("type",)),
    Signature("endpoint", "tehtris", ("egkbid", "module"), ("module", "eventname")),
    Signature("endpoint", "withsecure", ("engine", "persistencetimestamp"), ("engine", "action")),
    Signature("endpoint", "panda", ("security_event_date", "site_id"), ("event_type",)),
    Signature("endpoint", "panda", ("security_event_date", "host_name"), ("event_type",)),
    Signature("endpoint", "nucleon", ("process_sha256", "policy"), ("type", "action")),
    Signature("endpoint", "trellix", ("agentguid", "analyzername"), ("threattype",)),
    Signature("endpoint", "tanium", ("event", "hostname", "fields.event"), ("event",)),
    Signature("linux", "auditd", ("auditid", "category", "sequence"), ("category",)),
)  # fmt: skip

#: Lower-case names of the fields whose values say what event it is.
TOLD_BY = told_by(_SIGNATURES)


def classify(lower: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (family, kind) of an endpoint sensor's event, None where it is none."""
    if "event_type" in lower and "process.executable.path" in lower and "mach_time" in lower:
        inner = next((name.split(".", 2)[1] for name in lower if name.startswith("event.") and name.count(".") > 1), "")
        return "macos", clean_kind(f"es:{inner}")
    return match(_SIGNATURES, lower)


@lru_cache(maxsize=4_096)
def action_of(kind: str) -> str:
    """Return the behaviour word of an endpoint kind (`process_create` for defender:processcreated), or nothing."""
    return _ACTIONS.get(kind.partition(":")[2].partition(":")[0], "")
