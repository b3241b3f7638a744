"""GUIDs that name a behaviour: directory rights and schema classes, RPC interfaces, COM classes that attacks use.

Sources: MS-ADTS (control access rights, schema), MS-RPCE protocol documents (interface UUIDs), Windows SDK.
"""

from __future__ import annotations

import re

from loglm_bridge.telemetry.canonical import placeholders

_KNOWN = {
    "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2": "ds-replication-get-changes",
    "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2": "ds-replication-get-all",
    "89e95b76-444d-4c62-991a-0facbeda640c": "ds-replication-filtered",
    "1131f6ab-9c07-11d1-f79f-00c04fc2dcd2": "ds-replication-sync",
    "1131f6ac-9c07-11d1-f79f-00c04fc2dcd2": "ds-replication-topology",
    "9923a32a-3607-11d2-b9be-0000f87a36b2": "ds-install-replica",
    "00299570-246d-11d0-a768-00aa006e0529": "reset-password",
    "ab721a53-1e2f-11d0-9819-00aa0040529b": "change-password",
    "5b47d60f-6090-40b2-9f37-2a4de88f3063": "key-credential-link",
    "3f78c3e5-f79a-46bd-a0b8-9d18116ddc79": "allowed-to-act",
    "f3a64788-5306-11d1-a9c5-0000f80367c1": "service-principal-name",
    "bf9679c0-0de6-11d0-a285-00aa003049e2": "group-member",
    "f30e3bc1-9ff0-11d1-b603-0000f80367c1": "gpc-file-sys-path",
    "f30e3bc2-9ff0-11d1-b603-0000f80367c1": "group-policy",
    "19195a5b-6da0-11d0-afd3-00c04fd930c9": "domain-dns",
    "bf967aba-0de6-11d0-a285-00aa003049e2": "user-class",
    "bf967a86-0de6-11d0-a285-00aa003049e2": "computer-class",
    "bf967a9c-0de6-11d0-a285-00aa003049e2": "group-class",
    "bf967aa5-0de6-11d0-a285-00aa003049e2": "ou-class",
    "0e10c968-78fb-11d2-90d4-00c04f79dc55": "enrollment",
    "a05b8cc2-17bc-4802-a710-e7c15ab866a2": "auto-enrollment",
    "12345778-1234-abcd-ef00-0123456789ac": "rpc-samr",
    "12345778-1234-abcd-ef00-0123456789ab": "rpc-lsarpc",
    "e3514235-4b06-11d1-ab04-00c04fc2dcd2": "rpc-drsuapi",
    "367abb81-9844-35f1-ad32-98f038001003": "rpc-svcctl",
    "86d35949-83c9-4044-b424-db363231fd0c": "rpc-taskscheduler",
    "1ff70682-0a51-30e8-076d-740be8cee98b": "rpc-atsvc",
    "378e52b0-c0a9-11cf-822d-00aa0051e40f": "rpc-sasec",
    "338cd001-2244-31f1-aaaa-900038001003": "rpc-winreg",
    "4b324fc8-1670-01d3-1278-5a47bf6ee188": "rpc-srvsvc",
    "6bffd098-a112-3610-9833-46c3f87e345a": "rpc-wkssvc",
    "12345678-1234-abcd-ef00-0123456789ab": "rpc-spoolss",
    "76f03f96-cdfd-44fc-a22c-64950a001209": "rpc-par",
    "12345678-1234-abcd-ef00-01234567cffb": "rpc-netlogon",
    "c681d488-d850-11d0-8c52-00c04fd90f7e": "rpc-lsarpc-efs",
    "df1941c5-fe89-4e79-bf10-463657acf44d": "rpc-efsrpc",
    "4fc742e0-4a10-11cf-8273-00aa004ae673": "rpc-dfsnm",
    "a8e0653c-2744-4389-a61d-7373df8b2292": "rpc-fsrvp",
    "e1af8308-5d1f-11c9-91a4-08002b14a0fa": "rpc-epmapper",
    "000001a0-0000-0000-c000-000000000046": "rpc-activation",
    "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57": "rpc-remote-activation",
    "82273fdc-e32a-18c3-3f78-827929dc23ea": "rpc-eventlog",
    "f6beaff7-1e19-4fbb-9f8f-b89e2018337c": "rpc-eventlog6",
    "894de0c0-0d55-11d3-a322-00c04fa321a1": "rpc-initshutdown",
    "d95afe70-a6d5-4259-822e-2c84da1ddb0d": "rpc-shutdown",
    "8bc3f05e-d86b-11d0-a075-00c04fb68820": "wmi-class",
    "49b2791a-b1ae-4c90-9b8e-e860ba07f889": "com-mmc20",
    "9ba05972-f6a8-11cf-a442-00a0c90a8f39": "com-shell-windows",
    "c08afd90-f2a1-11d1-8455-00a0c91f3880": "com-shell-browser",
    "3e5fc7f9-9a51-4367-9063-a120244fbec7": "com-cmstplua",
    "00000000-0000-0000-0000-000000000000": "zero-guid",
}


def guid(match: re.Match[str]) -> str:
    """Return the name of the behaviour that a matched GUID stands for, else `{guid}`; for use as a substitution."""
    known = _KNOWN.get(match[0].strip("%{}").lower())
    return f"{{{known}}}" if known else placeholders.GUID
