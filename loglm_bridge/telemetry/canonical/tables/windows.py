"""Fields of Windows events (Sysmon, Security, PowerShell, services, ...): CIM-style names and value kinds.

Names of the Splunk Common Information Model, Endpoint, Authentication, Change and Network Traffic data models:
https://docs.splunk.com/Documentation/CIM/latest/User/Endpoint
"""

from __future__ import annotations

from typing import Mapping, Optional

Rule = Optional[tuple[str, str]]


def _drop(names: str) -> dict[str, Rule]:
    return dict.fromkeys(names.split())


#: Identity, noise and what a better field already says.
_DROPPED = _drop("""
    provider channel eventid computer version level task opcode keywords timecreated eventrecordid executionprocessid
    executionthreadid securityuserid correlation eventsourcename rulename utctime processguid processid hashes
    fileversion description product company logonguid logonid terminalsessionid parentprocessguid parentprocessid
    sourceprocessguid sourceprocessid sourcethreadid targetprocessguid targetprocessid newthreadid startaddress
    subjectlogonid targetlogonid subjectuserdomain subjectdomainname targetdomainname newprocessid handleid
    transactionid callerprocessid clientprocessid clientprocessstartkey targetlinkedlogonid restrictedsidcount
    transmittedservices targetoutboundusername targetoutbounddomainname workstationname workstation accesslist
    accessreason filterrtid layerrtid remoteuserid remotemachineid interfaceindex flagsfilterorigin scriptblockid
    messagenumber messagetotal runspaceid pipelineid hostid sequencenumber detailsequence detailtotal engineversion
    hostversion creationutctime previouscreationutctime sourceisipv6 destinationisipv6 sourceportname
    destinationportname sourcehostname binary archived isexecutable eventidx eventcounttotal processcreationtime
    clientcreationtime olduacvalue activityid relatedactivityid eventlevel message servicesid logongroups fqdn
    parentprocessstartkey sourcehandleid targethandleid ticketoptionsraw filetime transferid jobid id fileid
    recordid recordnumber eventrecordnumber providerguid threadid qualifiers culture xmlns opcorrelationid
    oppcorrelationid dsguid objectguid appcorrelationid targetsession hostname eventreceivedtime sourcemodulename
    sourcemoduletype severityvalue eventtime opcodevalue tenantid timegenerated sourcecomputerid timecreatedutc
    timewritten managementgroupname mg _resourceid localtime bootid certthumbprint certserialnumber certissuername
    logonhours passwordlastset accountexpires sidhistory userparameters previoustime newtime oldtime
    security severity eventidentifier sourcesystem storageaccount azuredeploymentid ip_address runspace_id host_id
    connectionid hashcode isarchived subjectuserprincipalname hosthash partitionkey rowkey n0 timestamp
    eventreceiveddate domain sessionid session clientinfo_hash nonceguid errorcoderaw stagingtime thumbprint
    ptsa_originalevent eventoriginid computername host recv_time task_id uuid tag input_id mime normalized
    raw_event_id guid queryresultsraw win32starttime responsetime hostapplicationid processtracking starttime endtime
    parentprocessguidraw layername sourcehandle remotemachineuserid eventcategory
    insertionstrings event_type category
    subjectusername subjectusersid targetusername targetusersid targetsid membersid
""")

_SYSMON_LIKE: Mapping[str, Rule] = {
    "image": ("process_path", "path"),
    "commandline": ("process", "command"),
    "originalfilename": ("original_file_name", "word"),
    "currentdirectory": ("current_directory", "path"),
    "integritylevel": ("integrity", "integrity"),
    "parentimage": ("parent_process_path", "path"),
    "parentcommandline": ("parent_process", "command"),
    "user": ("user", "account"),
    "parentuser": ("src_user", "account"),
    "sourceuser": ("user", "account"),
    "targetuser": ("target_user", "account"),
    "targetobject": ("registry_path", "key"),
    "newname": ("registry_new_path", "key"),
    "details": ("registry_value_data", "guess"),
    "eventtype": ("change", "word"),
    "targetfilename": ("file_path", "path"),
    "contents": ("file_content", "text"),
    "imageloaded": ("image_loaded", "path"),
    "signed": ("signed", "word"),
    "signature": ("signature", "text"),
    "signaturestatus": ("signature_status", "word"),
    "pipename": ("pipe_name", "pipe"),
    "sourceimage": ("process_path", "path"),
    "targetimage": ("target_process_path", "path"),
    "grantedaccess": ("granted_access", "mask"),
    "calltrace": ("call_trace", "call_trace"),
    "startmodule": ("start_module", "path"),
    "startfunction": ("start_function", "word"),
    "device": ("device", "path"),
    "protocol": ("transport", "transport"),
    "initiated": ("direction", "initiated"),
    "sourceip": ("src_ip", "ip"),
    "sourceport": ("src_port", "port"),
    "destinationip": ("dest_ip", "ip"),
    "destinationport": ("dest_port", "port"),
    "destinationhostname": ("dest_host", "domain"),
    "queryname": ("query", "domain"),
    "querystatus": ("reply_code", "word"),
    "queryresults": ("answer", "answers"),
    "operation": ("operation", "word"),
    "eventnamespace": ("wmi_namespace", "wmi"),
    "consumer": ("wmi_consumer", "wmi"),
    "filter": ("wmi_filter", "wmi"),
    "destination": ("script", "wmi"),
    "type": ("type", "guess"),
    "name": ("name", "guess"),
    "query": ("query", "wmi"),
    "state": ("state", "word"),
    "clientinfo": None,
}

_SECURITY_LIKE: Mapping[str, Rule] = {
    "newprocessname": ("process_path", "path"),
    "parentprocessname": ("parent_process_path", "path"),
    "processname": ("process_path", "path"),
    "callerprocessname": ("process_path", "path"),
    "application": ("process_path", "path"),
    "mandatorylabel": ("integrity", "integrity"),
    "tokenelevationtype": ("token_elevation", "message"),
    "direction": ("direction", "message"),
    "sourceaddress": ("src_ip", "ip"),
    "destaddress": ("dest_ip", "ip"),
    "destport": ("dest_port", "port"),
    "ipaddress": ("src_ip", "ip"),
    "ipport": ("src_port", "port"),
    "clientaddress": ("src_ip", "ip"),
    "clientname": None,
    "address": ("src_ip", "ip"),
    "networkaddress": ("dest_ip", "ip"),
    "logontype": ("logon_type", "word"),
    "logonprocessname": ("logon_process", "word"),
    "authenticationpackagename": ("auth_package", "word"),
    "authenticationpackage": ("auth_package", "word"),
    "packagename": ("auth_package", "word"),
    "lmpackagename": ("lm_package", "word"),
    "keylength": ("key_length", "word"),
    "impersonationlevel": ("impersonation", "message"),
    "restrictedadminmode": ("restricted_admin", "message"),
    "virtualaccount": None,
    "elevatedtoken": ("elevated", "message"),
    "status": ("status", "code"),
    "substatus": ("sub_status", "code"),
    "failurereason": None,
    "failurecode": ("status", "code"),
    "ticketoptions": ("ticket_options", "mask"),
    "ticketencryptiontype": ("ticket_encryption", "mask"),
    "preauthtype": ("preauth_type", "word"),
    "privilegelist": ("privileges", "text"),
    "enabledprivilegelist": ("privileges", "text"),
    "disabledprivilegelist": ("privileges_disabled", "text"),
    "groupmembership": ("groups", "sids"),
    "objectserver": ("object_server", "word"),
    "objecttype": ("object_type", "guess"),
    "objectname": ("object", "guess"),
    "objectdn": ("object", "dn"),
    "objectclass": ("object_type", "word"),
    "attributeldapdisplayname": ("attribute", "word"),
    "attributevalue": ("attribute_value", "guess"),
    "operationtype": ("operation", "message"),
    "properties": ("properties", "message"),
    "accessmask": ("granted_access", "mask"),
    "service": ("service_name", "text"),
    "resourceattributes": ("resource_attributes", "text"),
    "sharename": ("share_name", "share"),
    "sharelocalpath": None,
    "relativetargetname": ("file_path", "path"),
    "oldsd": None,
    "newsd": ("security_descriptor", "text"),
    "olduac": None,
    "newuacvalue": ("user_account_control", "mask"),
    "useraccountcontrol": ("user_account_control_change", "message"),
    "samaccountname": None,
    "usersid": ("user", "account"),
    "dsname": None,
    "dstype": None,
    "attributesyntaxoid": None,
    "dnshostname": None,
    "oldtargetusername": ("old_user", "account"),
    "newtargetusername": ("user", "account"),
    "targetprocessname": ("target_process_path", "path"),
    "usercontext": ("user", "account"),
    "userdomain": None,
    "homedirectory": None,
    "homepath": None,
    "scriptpath": ("script_path", "path"),
    "profilepath": None,
    "userworkstations": None,
    "userprincipalname": None,
    "displayname": None,
    "serviceprincipalnames": ("service_principal", "principals"),
    "allowedtodelegateto": ("delegate_to", "text"),
    "primarygroupid": ("primary_group", "word"),
    "membername": ("member", "dn"),
    "targetservername": ("dest_host", "domain"),
    "targetinfo": ("target", "text"),
    "targetname": ("target", "text"),
    "countofcredentialsreturned": None,
    "readoperation": ("operation", "message"),
    "returncode": ("status", "code"),
    "servicename": ("service_name", "text"),
    "servicefilename": ("service_path", "command"),
    "imagepath": ("service_path", "command"),
    "servicetype": ("service_type", "service_type"),
    "servicestarttype": ("service_start", "service_start"),
    "starttype": ("service_start", "service_start"),
    "serviceaccount": ("service_account", "account"),
    "accountname": ("service_account", "account"),
    "taskname": ("task_name", "path"),
    "taskcontent": ("task_content", "task"),
    "taskcontentnew": ("task_content", "task"),
    "actionname": ("process", "command"),
    "path": ("file_path", "path"),
    "interfaceuuid": ("interface", "text"),
    "endpoint": ("endpoint", "text"),
    "procnum": ("procedure", "word"),
    "options": None,
    "authenticationlevel": ("auth_level", "word"),
    "authenticationservice": ("auth_service", "word"),
    "subcategory": ("subcategory", "message"),
    "subcategoryid": ("subcategory", "message"),
    "subcategoryguid": ("subcategory", "text"),
    "auditpolicychanges": ("audit_changes", "message"),
    "categoryid": ("category", "message"),
}

_OTHERS: Mapping[str, Rule] = {
    "scriptblocktext": ("script", "script"),
    "payload": ("script", "script"),
    "scriptname": ("script_path", "path"),
    "hostapplication": ("process", "command"),
    "commandname": ("command_name", "word"),
    "commandtype": ("command_type", "word"),
    "commandpath": None,
    "hostprogram": ("host_program", "word"),
    "newenginestate": ("state", "word"),
    "previousenginestate": None,
    "providername": ("provider_name", "word"),
    "newproviderstate": ("state", "word"),
    "url": ("url", "url"),
    "remotename": ("url", "url"),
    "localname": ("file_path", "path"),
    "bytestotal": ("bytes", "bytes"),
    "bytestransferred": ("bytes_transferred", "bytes"),
    "filelength": None,
    "threatname": ("threat_name", "word"),
    "detectionuser": ("user", "account"),
    "categoryname": ("category", "word"),
    "severityname": ("severity", "word"),
    "notificationquery": ("query", "command"),
    "clientmachinefqdn": None,
    "provider_name": None,
    "ownername": ("user", "account"),
    "namespace": ("wmi_namespace", "wmi"),
    "newvalue": ("registry_value_data", "command"),
    "oldvalue": None,
    "data": ("message", "text"),
    "text": ("message", "text"),
    "hr": ("status", "code"),
    "error": ("status", "code"),
    "errorcode": ("status", "code"),
    "jobowner": ("user", "account"),
    "timesource": ("time_source", "domain"),
    "jobtitle": ("job", "text"),
    "jobname": ("job", "text"),
    "updatetitle": ("update", "text"),
    "updateguid": None,
    "serviceguid": None,
    "tunnelid": None,
    "param1": ("param1", "guess"),
    "clientip": ("src_ip", "ip"),
    "servername": None,
    "clientmachine": None,
    "clientprocessname": ("process_path", "path"),
    "resultcode": ("status", "code"),
    "possiblecause": ("cause", "text"),
    "namespacename": ("wmi_namespace", "text"),
    "ruleattr": None,
    "ruleid": None,
    "modifyinguser": ("user", "account"),
    "modifyingapplication": ("process_path", "path"),
    "applicationpath": ("file_path", "path"),
    "remoteaddresses": ("dest_ip", "text"),
    "fullfilepath": ("file_path", "path"),
    "filepath": ("file_path", "path"),
}

FIELDS: Mapping[str, Rule] = {**_DROPPED, **_OTHERS, **_SECURITY_LIKE, **_SYSMON_LIKE}

_GROUP_EVENTS = "4727 4728 4729 4730 4731 4732 4733 4734 4735 4737 4754 4755 4756 4757 4758 4764 4799"

#: What a name means in one kind of event only.
BY_KIND: Mapping[str, Mapping[str, Rule]] = {
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
    "sysmon:12": {"name": None},
    "sysmon:19": {"name": ("wmi_filter", "wmi")},
    "sysmon:20": {"name": ("wmi_consumer", "wmi")},
    "sysmon:22": {"query": ("query", "domain")},
    "wmi:5857": {"providerpath": ("image_loaded", "path")},
    **dict.fromkeys(
        (
            "defender:1006",
            "defender:1007",
            "defender:1015",
            "defender:1116",
            "defender:1117",
            "defender:1118",
            "defender:1119",
        ),
        {
            "path": ("file_path", "detections"),
            "actionname": ("result", "word"),
            **_drop("""productname productversion detectionid detectiontime threatid severityid categoryid fwlink
                statuscode sourceid sourcename originid originname executionid executionname typeid typename
                preexecutionstatus actionid additionalactionsid additionalactionsstring remediationuser state
                errorcode errordescription unused unused2 unused3 unused4 unused5 unused6 signatureversion
                securityintelligenceversion postcleanstatus"""),
        },
    ),
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
