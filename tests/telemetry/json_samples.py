"""JSON events of cloud, SaaS, endpoint and network products, written for these tests: (event, family, kind, fields).

`fields` are some of the canonical fields that the event has.
"""

EVENTS = {
    "cloudtrail": (
        {
            "eventVersion": "1.09",
            "eventSource": "iam.amazonaws.com",
            "eventName": "CreateAccessKey",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "198.51.100.7",
            "userAgent": "aws-cli/2.1",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ann", "userName": "ann"},
            "requestParameters": {"userName": "bob"},
        },
        "aws",
        "cloudtrail:iam.amazonaws.com:createaccesskey",
        {"action": "createaccesskey", "user": "{user}", "src_ip": "{public}", "user_type": "iamuser"},
    ),
    "guardduty": (
        {"schemaVersion": "2.0", "accountId": "1", "arn": "arn:x", "type": "Recon:EC2/PortProbe", "severity": 5},
        "aws",
        "guardduty:recon:ec2/portprobe",
        {"severity": "5"},
    ),
    "o365": (
        {
            "CreationTime": "2026-03-04T05:06:07",
            "Operation": "New-InboxRule",
            "Workload": "Exchange",
            "UserId": "a@b.c",
        },
        "microsoft",
        "o365:exchange:new-inboxrule",
        {"action": "new-inboxrule", "user": "{user}", "app": "exchange"},
    ),
    "azure": (
        {
            "time": "2026-03-04T05:06:07Z",
            "resourceId": "/SUBSCRIPTIONS/X/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V1",
            "operationName": "VaultGet",
            "category": "Audit",
        },
        "microsoft",
        "azure:audit:vaultget",
        {"action": "vaultget", "object": "microsoft.keyvault/vaults/{name}"},
    ),
    "entra": (
        {"activityDisplayName": "Add user", "loggedByService": "Core Directory", "result": "success"},
        "microsoft",
        "entra:add_user",
        {"action": "add user"},
    ),
    "gcp": (
        {
            "insertId": "x",
            "logName": "projects/p/logs/l",
            "protoPayload": {
                "methodName": "storage.setIamPermissions",
                "serviceName": "storage.googleapis.com",
                "authenticationInfo": {"principalEmail": "ann@b.example"},
            },
        },
        "gcp",
        "audit:storage.googleapis.com:storage.setiampermissions",
        {"action": "storage.setiampermissions", "user": "{user}"},
    ),
    "kubernetes": (
        {
            "kind": "Event",
            "auditID": "x",
            "verb": "create",
            "user": {"username": "system:serviceaccount:a:b"},
            "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "default"},
        },
        "kubernetes",
        "audit:create:pods:exec",
        {"action": "create", "object_type": "pods", "object_part": "exec", "namespace": "default"},
    ),
    "okta": (
        {"eventType": "user.session.start", "displayMessage": "x", "actor": {"alternateId": "ann@b.example"}},
        "okta",
        "system:user.session.start",
        {"action": "user.session.start", "user": "{user}"},
    ),
    "github": (
        {"_document_id": "x", "action": "repo.destroy", "actor": "ann", "org": "acme"},
        "github",
        "audit:repo.destroy",
        {"action": "repo.destroy", "user": "{user}"},
    ),
    "suricata": (
        {
            "event_type": "alert",
            "flow_id": 1,
            "src_ip": "203.0.113.9",
            "alert": {"signature": "ET SCAN x", "severity": 1},
        },
        "ids",
        "suricata:alert",
        {"signature": "et scan x", "src_ip": "{public}", "severity": "1"},
    ),
    "caddy": (
        {"request": {"method": "GET", "uri": "/a?id=77", "remote_ip": "203.0.113.9"}, "status": 404},
        "web",
        "caddy:get",
        {"url": "/a?id={n}", "src_ip": "{public}", "status": "404"},
    ),
    "snowflake": (
        {"EVENT_TYPE": "LOGIN", "REPORTED_CLIENT_TYPE": "JDBC", "IS_SUCCESS": "NO", "USER_NAME": "ANN"},
        "snowflake",
        "login:login:no",
        {"user": "{user}", "status": "no"},
    ),
    "defender": (
        {
            "ActionType": "FileCreated",
            "DeviceId": "x",
            "FolderPath": "C:\\Users\\ann\\a.exe",
            "InitiatingProcessFileName": "cmd.exe",
            "InitiatingProcessCommandLine": "cmd.exe /c copy x a.exe",
        },
        "endpoint",
        "defender:filecreated",
        {"action": "file_create", "file_path": "\\users\\{user}\\a.exe", "process": "cmd.exe /c copy x a.exe"},
    ),
    "crowdstrike": (
        {
            "event_simpleName": "ProcessRollup2",
            "ImageFileName": "\\Device\\HarddiskVolume1\\Windows\\cmd.exe",
            "aid": "x",
        },
        "endpoint",
        "crowdstrike:processrollup2",
        {"action": "process_create", "process_path": "\\windows\\cmd.exe"},
    ),
    "osquery": (
        {"hostIdentifier": "x", "name": "listening_ports", "action": "added", "columns": {"port": "4444"}},
        "endpoint",
        "osquery:listening_ports:added",
        {"query_name": "listening_ports", "change": "added"},
    ),
    "sysmon": (
        {"EventID": 1, "ProcessGuid": "{1}", "Image": "C:\\x.exe", "CommandLine": "x.exe -a", "User": "CORP\\ann"},
        "windows",
        "sysmon:1",
        {"action": "process_create", "process_path": "\\x.exe", "process": "x.exe -a", "user": "{user}"},
    ),
    "zeek dns": (
        {"_path": "dns", "ts": 1.5, "uid": "C1", "id.orig_h": "10.0.0.5", "query": "a.example.org"},
        "zeek",
        "dns",
        {"action": "dns_query", "query": "{sub}.{domain}.org", "src_ip": "{private}"},
    ),
    "netflow": (
        {"src_ip": "10.0.0.5", "dest_ip": "203.0.113.9", "dest_port": 443, "protocol": 6, "bytes": 1_200},
        "flow",
        "tcp",
        {"transport": "tcp", "bytes_out": "{1k-2kB}", "dest_port": "443"},
    ),
    "unknown product": (
        {"event_type": "door opened", "badge": "7c1d2e3f-1111-2222-3333-444455556666"},
        "json",
        "door_opened",
        {"event_type": "door opened"},
    ),
}
