"""Fields of endpoint sensors that log JSON, mapped to the names of the Windows table for the same behaviour."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping, drop

_PROCESS_CREATED: Mapping[str, FieldMapping] = {
    "folderpath": ("process_path", "path"),
    "filename": ("process_name", "path"),
    "processcommandline": ("process", "command"),
    "processversioninfooriginalfilename": ("original_file_name", "word"),
    "processintegritylevel": ("integrity", "integrity"),
    "processtokenelevation": ("token_elevation", "elevation"),
    "accountname": ("user", "account"),
    "initiatingprocessfolderpath": ("parent_process_path", "path"),
    "initiatingprocessfilename": ("parent_process_name", "path"),
    "initiatingprocesscommandline": ("parent_process", "command"),
    "initiatingprocessaccountname": ("src_user", "account"),
    "createdprocessfilepath": ("process_path", "path"),
    "createdprocessname": ("process_name", "path"),
    "createdprocesscommandline": ("process", "command"),
    "createdprocessintegritylevel": ("integrity", "integrity"),
    "createdprocessaccountname": ("user", "account"),
    "createdprocesstokenelevationtype": ("token_elevation", "elevation"),
    "createdprocessfilemarkoftheweb": ("mark_of_the_web", "word"),
    "initiatingprocessimagefilepath": ("parent_process_path", "path"),
    "initiatingprocessname": ("parent_process_name", "path"),
    "initiatingprocesscreationtime": None,
}

_DEFENDER: Mapping[str, FieldMapping] = {
    "folderpath": ("file_path", "path"),
    "filename": ("file_name", "path"),
    "processcommandline": ("target_process", "command"),
    "processintegritylevel": ("integrity", "integrity"),
    "accountname": ("user", "account"),
    "initiatingprocessfolderpath": ("process_path", "path"),
    "initiatingprocessfilename": ("process_name", "path"),
    "initiatingprocesscommandline": ("process", "command"),
    "initiatingprocessaccountname": ("user", "account"),
    "initiatingprocessparentfilename": ("parent_process_name", "path"),
    "registrykey": ("registry_path", "key"),
    "registryvaluename": ("registry_value_name", "word"),
    "registryvaluedata": ("registry_value_data", "guess"),
    "remoteip": ("dest_ip", "ip"),
    "remoteport": ("dest_port", "port"),
    "remoteurl": ("url", "url"),
    "localip": ("src_ip", "ip"),
    "localport": ("src_port", "port"),
    "protocol": ("transport", "transport"),
    "logontype": ("logon_type", "word"),
    "fileoriginurl": ("url", "url"),
}

_CROWDSTRIKE: Mapping[str, FieldMapping] = {
    "commandline": ("process", "command"),
    "imagefilename": ("process_path", "path"),
    "parentbasefilename": ("parent_process_name", "path"),
    "grandparentbasefilename": ("grandparent_process_name", "path"),
    "parentcommandline": ("parent_process", "command"),
    "contextbasefilename": ("process_name", "path"),
    "targetfilename": ("file_path", "path"),
    "domainname": ("query", "domain"),
    "remoteaddressip4": ("dest_ip", "ip"),
    "remoteport": ("dest_port", "port"),
    "localaddressip4": ("src_ip", "ip"),
    "regobjectname": ("registry_path", "key"),
    "integritylevel": ("integrity", "integrity"),
    "usersid": ("user", "account"),
    "username": ("user", "account"),
}

_DROPPED: Mapping[str, FieldMapping] = drop("""
    deviceid devicename machinegroup timestamp tenantid reportid sha1 sha256 md5 filesize processid processcreationtime
    logonid accountdomain accountsid accountupn accountobjectid initiatingprocesssha1 initiatingprocesssha256
    initiatingprocessmd5 initiatingprocessfilesize initiatingprocessid initiatingprocesscreationtime
    initiatingprocessaccountdomain initiatingprocessaccountsid initiatingprocessaccountupn initiatingprocesslogonid
    initiatingprocessaccountobjectid initiatingprocessversioninfocompanyname initiatingprocessversioninfoproductname
    initiatingprocessversioninfoproductversion initiatingprocessversioninfointernalfilename
    initiatingprocessversioninfofiledescription initiatingprocessparentid initiatingprocessparentcreationtime
    initiatingprocessversioninfooriginalfilename
    createdprocessaccountsid createdprocessaccountdomainname createdprocesscreationtime createdprocessid
    createdprocessfilecreationtime createdprocessfilesize createdprocessfilemd5 createdprocessfilesha256
    createdprocessfilesha1 createdprocessfiletype createdprocessiselevated initiatingprocessimagemd5
    initiatingprocessimagesha256 initiatingprocessimagesha1 initiatingprocessaccountdomainname actiontype time
    operationname category properties.timestamp appguardcontainerid configbuild configstatehash entitlements treeid
    aid aip cid event_platform event_simplename fdr_event_type id name effectivetransmissionclass
    authenticationid authenticodehashdata md5hashdata sha1hashdata sha256hashdata parentauthenticationid
    parentprocessid processcreateflags processendtime processparameterflags processstarttime processsxsflags
    rawprocessid sessionid signinfoflags sourceprocessid sourcethreadid tags targetprocessid tokentype
    contextprocessid contextthreadid contexttimestamp imagesubsystem machine machineid rowid
    _timereceivedbysvc hostname computer_name hostidentifier calendartime unixtime epoch counter numerics decorations
    """)

#: Fields by the product that the event's kind begins with.
PRODUCTS: Mapping[str, Mapping[str, FieldMapping]] = {
    "defender": {**_DROPPED, **_DEFENDER},
    "crowdstrike": {**_DROPPED, **_CROWDSTRIKE},
    "osquery": {**_DROPPED, "name": ("query_name", "word"), "action": ("change", "word")},
}
#: Fields whose name means something of its own in one kind of event.
BY_KIND: Mapping[str, Mapping[str, FieldMapping]] = {"defender:processcreated": _PROCESS_CREATED}
#: Prefixes that wrap the fields of a product's event.
PREFIXES = ("properties.", "event.", "columns.")
