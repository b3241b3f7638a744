"""Fields whose name means something of its own in one kind of Windows event."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping, drop

#: Malware detections of Windows Defender; most of their forty fields are numbers and links.
_DETECTION: Mapping[str, FieldMapping] = {
    "path": ("file_path", "detections"),
    "actionname": ("result", "word"),
    **drop("""productname productversion detectionid detectiontime threatid severityid categoryid fwlink
        statuscode sourceid sourcename originid originname executionid executionname typeid typename
        preexecutionstatus actionid additionalactionsid additionalactionsstring remediationuser state
        errorcode errordescription unused unused2 unused3 unused4 unused5 unused6 signatureversion
        securityintelligenceversion postcleanstatus"""),
}
_GROUP_EVENTS = "4727 4728 4729 4730 4731 4732 4733 4734 4735 4737 4754 4755 4756 4757 4758 4764 4799"

#: Event kind -> the mappings that hold in it only.
BY_KIND: Mapping[str, Mapping[str, FieldMapping]] = {
    "security:4768": {"servicename": ("service_account", "account")},
    "security:4769": {"servicename": ("service_account", "account")},
    "security:4770": {"servicename": ("service_account", "account")},
    "security:4771": {"servicename": ("service_account", "account")},
    "security:5379": {"type": None, "targetname": ("target", "text")},
    "security:4657": {
        "objectname": ("registry_path", "key"),
        "objectvaluename": ("registry_value_name", "word"),
        "newvalue": ("registry_value_data", "guess"),
        "oldvalue": None,
        "oldvaluetype": None,
        "newvaluetype": ("registry_value_type", "message"),
    },
    "rpc:6": {"protocol": ("rpc_protocol", "word")},
    "services:7036": {"param1": ("service_name", "text"), "param2": ("state", "word")},
    "services:7040": {
        "param1": ("service_name", "text"),
        "param2": ("old_start", "service_start"),
        "param3": ("service_start", "service_start"),
        "param4": ("service_key", "word"),
    },
    "distributedcom:10016": {"param6": None, "param7": None, "param8": None},
    "distributedcom:10028": {"param1": ("dest_host", "domain"), "param2": None},
    "security:4610": {"authenticationpackagename": ("auth_package", "path")},
    "dns_client:3008": {"querystatus": ("reply_code", "word")},
    "sysmon:13": {"eventtype": None},
    "sysmon:17": {"eventtype": None},
    "sysmon:18": {"eventtype": None},
    "sysmon:12": {"name": None},
    "sysmon:19": {"name": ("wmi_filter", "wmi")},
    "sysmon:20": {"name": ("wmi_consumer", "wmi")},
    "sysmon:22": {"query": ("query", "domain")},
    "wmi:5857": {"providerpath": ("image_loaded", "path")},
    **{f"defender:{n}": _DETECTION for n in (1006, 1007, 1015, 1116, 1117, 1118, 1119)},
    **{
        f"services:{n}": {"param1": ("service_name", "text"), "param2": ("detail", "message")}
        for n in (7000, 7001, 7011, 7022, 7023, 7024, 7026, 7031, 7034)
    },
    "services:7009": {"param1": None, "param2": ("service_name", "text")},
    "taskscheduler:129": {"path": ("process_path", "path")},
    "taskscheduler:200": {"actionname": ("process_path", "path")},
    "taskscheduler:201": {"actionname": ("process_path", "path")},
    **{f"security:{n}": {"targetusername": ("group", "account"), "targetsid": None} for n in _GROUP_EVENTS.split()},
}
