"""Fields of cloud and SaaS audit logs that the common table would map wrongly."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping

_AWS: Mapping[str, FieldMapping] = {
    **dict.fromkeys(
        [
            "eventsource", "eventtype", "eventcategory", "managementevent", "useridentity.accountid", "vpcendpointid",
            "useridentity.accesskeyid", "useridentity.sessioncontext.attributes.creationdate", "awsregion",
            "useridentity.sessioncontext.sessionissuer.arn", "useridentity.sessioncontext.sessionissuer.principalid",
            "useridentity.sessioncontext.sessionissuer.accountid", "useridentity.principalid", "tlsdetails.tlsversion",
            "useridentity.sessioncontext.sessionissuer.username", "tlsdetails.ciphersuite",
            "tlsdetails.clientprovidedhostheader", "additionaleventdata.x-amz-id-2", "sessioncredentialfromconsole",
            "useridentity.sessioncontext.sessionissuer.type",
        ]
    ),
    "useridentity.type": ("user_type", "word"),
    "useridentity.arn": ("user", "account"),
    "useridentity.sessioncontext.attributes.mfaauthenticated": ("mfa", "word"),
    "additionaleventdata.mfaused": ("mfa", "word"),
    "requestparameters.key": ("object_key", "path"),
    "requestparameters.prefix": ("object_key", "path"),
    "requestparameters.bucketname": None,
    "responseelements.x-amz-server-side-encryption-context": None,
    "readonly": ("read_only", "word"),
    "useridentity.invokedby": ("invoked_by", "domain"),
    "eventname": ("action", "word"),
    "event name": ("action", "word"),
}  # fmt: skip
_KUBERNETES: Mapping[str, FieldMapping] = {
    **dict.fromkeys(
        [
            "kind", "apiversion", "level", "stage", "auditid", "objectref.apiversion", "objectref.apigroup",
            "objectref.resourceversion", "objectref.uid", "user.uid", "requesturi",
        ]
    ),
    "verb": ("action", "word"),
    "objectref.resource": ("object_type", "word"),
    "objectref.subresource": ("object_part", "word"),
    "objectref.namespace": ("namespace", "word"),
    "objectref.name": ("object", "guess"),
    "user.username": ("user", "account"),
    "user.groups": ("groups", "text"),
    "responsestatus.code": ("status", "word"),
}  # fmt: skip
_GCP: Mapping[str, FieldMapping] = {
    **dict.fromkeys(
        [
            "logname", "protopayload.@type", "protopayload.at_sign_type", "protopayload.servicename", "insertid",
            "resource.labels.project_id", "resource.labels.location", "resource.labels.service",
            "resource.labels.method", "resource.labels.zone", "protopayload.requestmetadata.requestattributes.time",
        ]
    ),
    "resource.type": ("object_type", "word"),
    "protopayload.authorizationinfo.permission": ("permission", "word"),
    "protopayload.authorizationinfo.granted": ("granted", "word"),
    "protopayload.authorizationinfo.resource": ("object", "guess"),
    "protopayload.status.code": ("status", "word"),
    "protopayload.status.message": ("error", "text"),
}  # fmt: skip
_MICROSOFT: Mapping[str, FieldMapping] = {
    **dict.fromkeys(
        ["recordtype", "organizationid", "version", "operationversion", "resourcegroupname", "userkey", "objectid.id",
         "resourcegroup", "deviceproperties.sessionid", "logonusersid", "mailboxguid", "mailboxownersid"]
    ),
    "workload": ("app", "word"),
    "usertype": ("user_type", "word"),
    "mailboxownerupn": ("target_user", "account"),
    "clientinfostring": ("http_user_agent", "user_agent"),
}  # fmt: skip

#: Log family -> its table.
FAMILIES: Mapping[str, Mapping[str, FieldMapping]] = {
    "aws": _AWS,
    "kubernetes": _KUBERNETES,
    "gcp": _GCP,
    "microsoft": _MICROSOFT,
}
