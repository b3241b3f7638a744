"""Fields that mean the same in any log: matched by the last part of their name, case and separators ignored."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping, drop

#: (canonical name, value type) -> raw names.
_ALIASES: Mapping[tuple[str, str], str] = {
    ("src_ip", "ip"): """srcip src srcaddr sourceip sourceaddress sourceipaddress clientip clientipaddress cip
        remoteaddr
        remoteip remoteaddress ipaddress calleripaddress callerip actoripaddress userip sourceipv4 idorighh idorigh
        clientaddr clientaddress ipaddr rhost srcipaddr requestip actorip clienthost sourceips remotehost fromip ipsrc
        origh saddr useripaddress initiatorip clientipv4 xforwardedfor senderip srchost callersuppliedip requestorip""",
    ("src_port", "port"): "srcport sourceport spt clientport origp idorigp remoteport sport cport requestport",
    ("dest_ip", "ip"): """dstip dst dstaddr destip destinationip destaddress destinationaddress dest serverip resph
        idresph daddr targetip toip ipdst destinationipaddress""",
    ("dest_port", "port"): "dstport dpt destport destinationport respp idrespp dport serverport",
    ("dest_host", "domain"): """desthost dhost destinationhostname destinationhost servername requesthost hostheader
        httphost clientrequesthost csHost desthostname fqdn sni""".lower(),
    ("transport", "transport"): "transport proto protocol ipprotocol l4protocol networktransport",
    ("user", "account"): """user username userid userprincipalname accountname useridentityusername actoremail useremail
        actor login principalemail suser duser alternateid loginname acct uid callername caller useridentityarn
        subjectusername usrname account email actoralternateid userkey requestuser principal principalid uname""",
    ("src_user", "account"): "srcuser sourceuser subjectuser sudouser ruser logname",
    ("http_method", "word"): "httpmethod requestmethod csmethod verb clientrequestmethod",
    ("url", "url"): """url uri requesturi requesturl requestpath uripath csuristem httpurl clientrequesturi
        clientrequestpath uripathquery requestlink""",
    ("url_query", "url_query"): "uriquery querystring csuriquery clientrequestquery urlquery",
    ("http_user_agent", "user_agent"): """useragent httpuseragent csuseragent ua clientrequestuseragent rawuseragent
        requestuseragent requestclientapplication calleruseragent callersupplieduseragent clientinfostring""",
    ("http_referrer", "url"): "referer referrer httpreferer csreferer httpreferrer",
    ("process", "command"): """commandline cmdline processcommandline cmd command proctitle processcmdline exec
        processcommand""",
    ("parent_process", "command"): "parentcommandline parentcmdline parentprocesscommandline",
    ("process_path", "path"): """exe image processpath executable processexecutable imagepath imagename executablepath
        processexe processimage processname program""",
    ("parent_process_path", "path"): "parentimage parentprocesspath parentprocessname parentexecutable",
    ("current_directory", "path"): "cwd currentdirectory workingdirectory",
    ("file_path", "path"): "filepath targetfilename fullpath filename objectpath sourcefilename",
    ("registry_path", "key"): "registrypath registrykey targetobject keypath",
    ("query", "domain"): "queryname dnsquery dnsquestionname domainname qname",
    ("query_type", "word"): "querytype qtypename dnstype recordtypename",
    ("bytes_out", "bytes"): "bytesout sentbyte bytessent sentbytes outbytes csbytes origbytes",
    ("bytes_in", "bytes"): """bytesin rcvdbyte bytesreceived receivedbytes inbytes scbytes respbytes bodybytessent
        edgeresponsebytes bytesread responsesize""",
    ("duration", "duration"): "duration elapsedtime sessionduration timetaken requesttime",
    ("status", "word"): """status statuscode httpstatus responsecode resultstatus resulttype outcomeresult success
        edgeresponsestatus downstreamstatus scstatus resultcode issuccess resultsignature response res""",
    ("error", "text"): "errorcode errormessage outcomereason failurereason error err reason resultdescription",
    ("action", "word"): """eventname operationname operation action activity eventaction methodname actionname
        eventtypename activitydisplayname actiontype act activityname""",
    ("object", "guess"): """objectname resourcename objectid resource target object targetname bucketname objectrefname
        resourceid""",
    ("object_type", "word"): "objecttype resourcetype targettype itemtype entitytype",
    ("role", "text"): "role rolename rolearn roles",
    ("policy", "text"): "policy policyname policydocument policyarn permissions scopes",
    ("signature", "text"): "signature signaturename threatname alertname rulename detectionname threat attack",
    ("severity", "word"): "severity severitylevel severityname priority risklevel loglevel level lvl",
    ("app", "text"): "app application appname applicationname appdisplayname clientapp clientappused applicationid",
    ("country", "word"): "country countrycode srccountry geocountry countryorregion clientcountry",
    ("message", "text"): """message msg description displaymessage logmessage text detail details title summary
        primarydescription eventmessage""",
    ("logon_type", "word"): "logontype internallogontype logintype",
    ("integrity", "integrity"): "integritylevel",
    ("original_file_name", "word"): "originalfilename",
    ("mime_type", "word"): "mimetype contenttype",
}  # fmt: skip

#: Last parts of names that mark identity and noise in any log.
_NOISE = """
    timestamp time ts eventtime starttime endtime createdat updatedat created updated creationtime lastupdatedtime
    timegenerated receivetime receivetimestamp published isotimestamp date datetime eventtimestamp eventdate
    generatedtime
    firstseen lastseen firstseentime lastseentime ingestiontime requestreceivedtimestamp stagetimestamp
    submissiontimestamp
    eventcreationtime utctimestamp startdate enddate queryt querytimestamp logtime rt devtime epoch unixtime
    calendartime
    eventid requestid id uuid guid correlationid sharedeventid recipientaccountid accountid accesskeyid etag insertid
    operationid eventdataid sessionid traceid spanid auditid transactionid tenantid organizationid subscriptionid
    deviceid agentid machineid hostid recordid sequence seq seqnum sequencenumber eventuuid rayid logid
    hash md5 sha1 sha256 sha512 imphash ja3 ja3s ja4 fingerprint thumbprint cdhash hashes digest checksum
    pid ppid tid processid threadid parentprocessid auid euid gid egid fsuid fsgid suid sgid ruid rgid tgid session ses
    inode ino dev rdev nlink lat lon lng latitude longitude postalcode zip city
    hostname computer computername devicename host devname agenthostname machinename dvchost dvc reportinghost node
    version schemaversion eventversion agentversion productversion apiversion osversion build kernelversion
    ephemeralid hostip hostmac mac macaddress srcmac dstmac serialnumber serial
    externalid fuid uidresolved objectguid isotime timezone timezoneoffset localtime durationms timems
    machtime
    nonce signatureid crumb token accesstoken secret password
    awsregion region location org business enterprise organizationname tenantname projectname originatingserver
    eventreceivedtime received receivedat asn as
    """

#: Endings of a name's last part (separators ignored) that mark identity or noise, their exceptions, and accounts.
NOISE_ENDINGS = tuple(
    drop(
        """
        guid uuid timestamp time date hash pid sha1 sha256 md5 hostname computername machinename devicename timeutc
        correlationid sessionid requestid processid threadid accountdomain userdomain userdomainname logondomain
        workstation workstationname displayname systemid contextid sitename groupid region actorname creatorname
        firstname lastname fullname createdbyname netbiosname ntdomain dnsdomainname subjectdomainname targetdomainname
        machinedomain agentname scopename compromisedentity compromisedhost scopedetails scopedetailspath orgpath
        """
    )
)
NOISE_ENDING_EXCEPTIONS = ("runtime", "realtime", "mandate", "update", "validate", "uptime")
#: Parent names under which `name` is a person's, an organisation's or a machine's.
NAME_OWNERS = frozenset(
    {
        "actor", "createdby", "source", "owner", "targetuser", "organization", "org", "account", "tenant",
        "customer", "project", "site", "group", "enterprise", "initiatedby", "company", "device", "host", "agent",
        "operator", "cluster", "projects", "accounts",
    }
)  # fmt: skip
ACCOUNT_ENDINGS = ("username", "useraccount", "accountname", "owner", "loginname", "useremail", "upn",
                   "userprincipalname", "samaccountname", "userid", "usersid")  # fmt: skip

_SEPARATORS = str.maketrans("", "", "_-. ()@$")

FIELDS: Mapping[str, FieldMapping] = {
    **drop(_NOISE),
    **{alias: mapping for mapping, aliases in _ALIASES.items() for alias in aliases.split()},
}


def squash(name: str) -> str:
    """Return a name's part in the form the table's keys have: lower case without separators."""
    return name.lower().translate(_SEPARATORS)
