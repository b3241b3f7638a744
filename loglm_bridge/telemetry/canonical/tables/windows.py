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
    logonhours passwordlastset accountexpires sidhistory userparameters previoustime newtime oldtime severityname
    security severity eventidentifier sourcesystem storageaccount azuredeploymentid ip_address runspace_id host_id
    connectionid hashcode isarchived subjectuserprincipalname hosthash partitionkey rowkey n0 timestamp
    eventreceiveddate domain sessionid session clientinfo_hash nonceguid errorcoderaw stagingtime thumbprint
    ptsa_originalevent eventoriginid computername host recv_time task_id uuid tag input_id mime normalized
    raw_event_id guid queryresultsraw win32starttime responsetime hostapplicationid processtracking starttime endtime
    parentprocessguidraw layername sourcehandle remotemachineuserid eventcategory
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
    "pipename": ("pipe_name", "path"),
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
    "eventnamespace": ("wmi_namespace", "text"),
    "consumer": ("wmi_consumer", "command"),
    "filter": ("wmi_filter", "command"),
    "destination": ("script", "command"),
    "type": ("type", "guess"),
    "name": ("name", "guess"),
    "query": ("query", "command"),
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
    "status": ("status", "word"),
    "substatus": ("sub_status", "word"),
    "failurereason": None,
    "failurecode": ("status", "word"),
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
    "properties": ("properties", "text"),
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
    "useraccountcontrol": ("user_account_control_change", "text"),
    "samaccountname": ("sam_account", "account"),
    "userprincipalname": None,
    "displayname": None,
    "serviceprincipalnames": ("service_principal", "text"),
    "allowedtodelegateto": ("delegate_to", "text"),
    "primarygroupid": ("primary_group", "word"),
    "membername": ("member", "dn"),
    "targetservername": ("dest_host", "domain"),
    "targetinfo": ("target", "text"),
    "targetname": ("target", "text"),
    "countofcredentialsreturned": None,
    "readoperation": ("operation", "message"),
    "returncode": ("status", "word"),
    "servicename": ("service_name", "text"),
    "servicefilename": ("service_path", "command"),
    "imagepath": ("service_path", "command"),
    "servicetype": ("service_type", "service_type"),
    "servicestarttype": ("service_start", "service_start"),
    "starttype": ("service_start", "service_start"),
    "serviceaccount": ("service_account", "account"),
    "accountname": ("service_account", "account"),
    "taskname": ("task_name", "path"),
    "taskcontent": ("task_content", "xml_text"),
    "taskcontentnew": ("task_content", "xml_text"),
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
    "scriptblocktext": ("script", "command"),
    "payload": ("script", "command"),
    "scriptname": ("script_path", "path"),
    "hostapplication": ("process", "command"),
    "commandname": ("command_name", "word"),
    "commandtype": ("command_type", "word"),
    "commandpath": None,
    "hostname": ("host_program", "word"),
    "host name": None,
    "pipeline": ("script", "command"),
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
    "threat name": ("threat_name", "word"),
    "threatname": ("threat_name", "word"),
    "process name": ("process_path", "path"),
    "detection user": ("user", "account"),
    "category name": ("category", "word"),
    "severity name": ("severity", "word"),
    "action name": ("result", "word"),
    "new value": ("registry_value_data", "command"),
    "old value": None,
    "timesource": ("time_source", "domain"),
    "updatetitle": ("update", "text"),
    "updateguid": None,
    "serviceguid": None,
    "tunnelid": None,
    "param1": ("param1", "guess"),
    "clientip": ("src_ip", "ip"),
    "servername": None,
    "clientmachine": None,
    "clientprocessname": ("process_path", "path"),
    "resultcode": ("status", "word"),
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

FIELDS: Mapping[str, Rule] = {**_DROPPED, **_OTHERS, **_SECURITY_LIKE, **_SYSMON_LIKE, "hostname": None, "session": None}

_GROUP_EVENTS = "4727 4728 4729 4730 4731 4732 4733 4734 4735 4737 4754 4755 4756 4757 4758 4764 4799"

#: What a name means in one kind of event only.
BY_KIND: Mapping[str, Mapping[str, Rule]] = {
    "security:4768": {"servicename": ("service_account", "account")},
    "security:4769": {"servicename": ("service_account", "account")},
    "security:4770": {"servicename": ("service_account", "account")},
    "security:4771": {"servicename": ("service_account", "account")},
    "security:5379": {"type": None, "targetname": ("target", "text")},
    "security:4656": {"objectname": ("object", "guess")},
    "sysmon:12": {"name": None},
    "sysmon:19": {"name": ("wmi_filter", "text")},
    "sysmon:20": {"name": ("wmi_consumer", "text")},
    "sysmon:22": {"query": ("query", "domain")},
    "wmi:5857": {"providerpath": ("image_loaded", "path")},
    "defender:1116": {"path": ("file_path", "text"), "id": None},
    "taskscheduler:129": {"path": ("process_path", "path")},
    "taskscheduler:200": {"actionname": ("process_path", "path")},
    "taskscheduler:201": {"actionname": ("process_path", "path")},
    **{f"security:{n}": {"targetusername": ("group", "account"), "targetsid": None} for n in _GROUP_EVENTS.split()},
}
