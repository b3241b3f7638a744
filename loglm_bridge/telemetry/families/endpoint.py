"""Endpoint sensors that log JSON: EDR, osquery, macOS Endpoint Security, auditd converted to JSON."""

from __future__ import annotations

from typing import Mapping

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.families.product_signatures import ProductSignature, clean_kind, deciding_fields, match

#: A product's own name of an event -> action, in the words that Windows events have too.
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


def _sensor(
    product: str, required: tuple[str, ...], kind_fields: tuple[str, ...] = (), suffix: str = ""
) -> ProductSignature:
    return ProductSignature("endpoint", product, required, kind_fields, suffix)


_SIGNATURES = (
    _sensor("defender", ("createdprocessname", "initiatingprocesscommandline"), (), "processcreated"),
    _sensor("defender", ("createdprocessname", "createdprocesscommandline"), (), "processcreated"),
    _sensor("defender", ("actiontype", "deviceid"), ("actiontype",)),
    _sensor("defender", ("actiontype", "initiatingprocessfilename"), ("actiontype",)),
    _sensor("defender", ("properties.actiontype", "properties.deviceid"), ("properties.actiontype",)),
    _sensor("crowdstrike", ("event_simplename",), ("event_simplename",)),
    _sensor("crowdstrike", ("event.event_simplename",), ("event.event_simplename",)),
    _sensor("crowdstrike", ("metadata.eventtype", "metadata.customeridstring"),
              ("metadata.eventtype", "event.operationname")),
    _sensor("crowdstrike", ("externalapitype",), ("externalapitype",)),
    _sensor("crowdstrike", ("event.externalapitype",), ("event.externalapitype",)),
    _sensor("cortex", ("actor_process_image_path", "event_type"), ("event_type", "event_sub_type")),
    _sensor("sentinelone", ("detectionsource.product", "classification"), ("classification",)),
    _sensor("osquery", ("decorations.platform", "action", "name"), ("name", "action")),
    _sensor("osquery", ("hostidentifier", "action", "name"), ("name", "action")),
    _sensor("osquery", ("hostidentifier", "calendartime", "name"), ("name", "action")),
    _sensor("santa", ("machine_id", "file_sha256"), ("decision",)),
    _sensor("stormshield", ("serverreserved", "eventguid"), ("type",)),
    _sensor("stormshield", ("typecomputedmap", "attributescomputedbitmap"), ("type",)),
    _sensor("harfanglab", ("log_type", "agent_id"), ("log_type",)),
    _sensor("harfanglab", ("log_type", "agent.agentid"), ("log_type",)),
    _sensor("harfanglab", ("log_type", "agent.hostname"), ("log_type",)),
    _sensor("harfanglab", ("log_type", "hostname"), ("log_type",)),
    _sensor("sentinelone", ("activitytype", "agentid"), ("activitytype",)),
    _sensor("sentinelone", ("activitytype", "primarydescription"), ("activitytype",)),
    _sensor("sentinelone", ("event.type", "src.process.cmdline"), ("event.type",)),
    _sensor("sentinelone", ("dataversion", "event.type"), ("event.type",)),
    _sensor("sentinelone", ("threatinfo.threatid",), ("threatinfo.classification",)),
    _sensor("sentinelone", ("detectionsource.product", "storylineid"), ("classification",)),
    _sensor("carbonblack", ("device_external_ip", "childproc_guid"), ("type",)),
    _sensor("carbonblack", ("backend_timestamp", "process_guid"), ("type",)),
    _sensor("cybereason", ("metadata.timestamp", "elementdisplayname"), ("@class",)),
    _sensor("cortex", ("bioc_indicator", "external_id"), ("category",)),
    _sensor("cortex", ("agent_os_type", "external_id"), ("category",)),
    _sensor("eset", ("source_uuid", "event_type"), ("event_type",)),
    _sensor("sophos", ("endpoint_id", "customer_id"), ("type",)),
    _sensor("tehtris", ("egkbid", "module"), ("module", "eventname")),
    _sensor("withsecure", ("engine", "persistencetimestamp"), ("engine", "action")),
    _sensor("panda", ("security_event_date", "site_id"), ("event_type",)),
    _sensor("panda", ("security_event_date", "host_name"), ("event_type",)),
    _sensor("nucleon", ("process_sha256", "policy"), ("type", "action")),
    _sensor("trellix", ("agentguid", "analyzername"), ("threattype",)),
    _sensor("tanium", ("event", "hostname", "fields.event"), ("event",)),
    ProductSignature("linux", "auditd", ("auditid", "category", "sequence"), ("category",)),
)  # fmt: skip

#: Lower-case names of the fields whose values decide an event's kind.
DECIDING_FIELDS = deciding_fields(_SIGNATURES)


def classify(lower: Mapping[str, str]) -> tuple[str, str] | None:
    """Return (family, kind) of an endpoint sensor's event (lower-case name -> value), None where it is none."""
    if "event_type" in lower and "process.executable.path" in lower and "mach_time" in lower:
        nested = (name for name in lower if name.startswith("event.") and name.count(".") > 1)
        return "macos", clean_kind(f"es:{next((name.split('.', 2)[1] for name in nested), '')}")
    return match(_SIGNATURES, lower)


@remembered(1)
def action_of(kind: str) -> str:
    """Return the action of an endpoint kind (`process_create` for defender:processcreated), empty if unknown."""
    return _ACTIONS.get(kind.partition(":")[2].partition(":")[0], "")
