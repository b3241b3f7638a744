"""Who acts, and on whom: `actor_type`, `target_is_actor`, `account_scope`.

actor_type is one of human, service, role, root, computer, system, anonymous. target_is_actor says yes or no where an
event names both accounts. account_scope is own or foreign, where another account or tenant takes part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from loglm_bridge.telemetry.derived.values import Values
from loglm_bridge.telemetry.record import EventType

_AWS_TYPES = {
    **dict.fromkeys(("iamuser", "federateduser", "awsaccount", "samluser", "webidentityuser"), "human"),
    "identitycenteruser": "human",
    "root": "root",
    "awsservice": "service",
    "assumedrole": "role",
    "role": "role",
}
_SSO_ROLE = re.compile(r":assumed-role/AWSReservedSSO_", re.IGNORECASE)
_SERVICE_NAME = re.compile(
    r"^(?:svc|srv|sa|service|bot|app|automation|task)[-_.$]|[-_.](?:svc|service|bot|agent|pipeline|automation|deploy(?:er)?|ci)$"
    r"|\[bot\]$|gserviceaccount\.com$|^system:(?:serviceaccount|node|kube-)|^(?:terraform|jenkins|ansible|github-actions|gitlab)",
    re.IGNORECASE,
)
_SYSTEM_NAMES = frozenset(
    (
        "system",
        "local service",
        "network service",
        "localsystem",
        "nt authority\\system",
        "s-1-5-18",
        "s-1-5-19",
        "s-1-5-20",
    )
)
_ANONYMOUS = frozenset(
    ("anonymous logon", "system:anonymous", "anonymous", "guest", "allusers", "s-1-5-7", "unauthenticated")
)
_ACTOR = tuple(
    """
    subjectusername actor.alternateid actor.displayname userid initiatedby.user.userprincipalname
    properties.initiatedby.user.userprincipalname properties.userprincipalname userprincipalname actor.email
    actor protopayload.authenticationinfo.principalemail user.username useridentity.username user caller
    src_user author_name principal identity.claims.name username
    """.split()
)
_TARGET = tuple(
    """
    targetusername requestparameters.username target.alternateid objectid target_user dest_user
    target.displayname targetresources.userprincipalname properties.targetresources.userprincipalname
    membername entity_name target
    """.split()
)
_AWS_ACCOUNT = re.compile(r"(?<!\d)(\d{12})(?!\d)")


#: Fields of cloud services whose presence or value tells the kind of actor.
_APPLICATION = tuple(
    """
    initiatedby.app.displayname properties.initiatedby.app.displayname initiatedby.app.appid
    properties.initiatedby.app.serviceprincipalid serviceprincipalname properties.serviceprincipalname
    """.split()
)
_KIND = ("actor.type", "actor_type")
_SID = ("subjectusersid", "security_userid")
_NAMES = frozenset((*_ACTOR, "account name", *_TARGET, *_APPLICATION, *_KIND, *_SID))


def wants(event_type: EventType) -> Callable[[str], bool]:
    """Return what tells whether a field (lower-case name) is looked at."""
    if event_type.family == "aws":
        return lambda name: (
            name in _NAMES or name.startswith(("useridentity.", "requestparameters.", "recipientaccountid"))
        )
    return _NAMES.__contains__


def of_event(values: Values) -> Iterator[tuple[str, str]]:
    """Yield actor_type, target_is_actor and account_scope, where the event tells them."""
    yield "actor_type", actor_type(values)
    actor, target = _bare(values.first(*_ACTOR)), _bare(values.first(*_TARGET))
    if actor and target:
        yield "target_is_actor", "yes" if actor == target else "no"
    yield "account_scope", account_scope(values)


def actor_type(values: Values) -> str:
    """Return what kind of actor did it; empty where the event does not say."""
    if values.family == "aws":
        return _aws_actor(values)
    if values.first(*_APPLICATION):
        return "service"
    kind = values.first(*_KIND).lower()
    if kind in ("systemprincipal", "system"):
        return "system"
    if kind in ("app", "application", "publicclientapp", "bot", "integration", "service"):
        return "service"
    name = values.first(*_ACTOR) or values.first(*_SID)
    return name_type(name)


def name_type(name: str) -> str:
    """Return the kind of actor that an account's name shows; empty for no name."""
    bare = _bare(name)
    if not bare:
        return ""
    if name.lower() in _SYSTEM_NAMES or bare in _SYSTEM_NAMES:
        return "system"
    if bare in _ANONYMOUS:
        return "anonymous"
    if bare.endswith("$"):
        return "computer"
    if bare == "root":
        return "root"
    return "service" if _SERVICE_NAME.search(name.strip()[-200:]) else "human"


def _aws_actor(values: Values) -> str:
    kind = values.first("useridentity.type").lower()
    arn = values.first("useridentity.arn", "useridentity.principalid")
    if kind == "assumedrole":
        if _SSO_ROLE.search(arn) or "@" in arn.rpartition("/")[2]:
            return "human"
        return "role"
    found = _AWS_TYPES.get(kind, "")
    if found == "human":
        return name_type(values.first("useridentity.username") or "person")
    if not found and values.first("useridentity.invokedby", "useridentity.accountid") and not kind:
        return "service" if values.first("useridentity.invokedby") else ""
    return found


def account_scope(values: Values) -> str:
    """Return foreign where a request names another AWS account than the event's own, own where it names this one."""
    if values.family != "aws":
        return ""
    own = {values.first("recipientaccountid"), values.first("useridentity.accountid")} - {""}
    actor, recipient = values.first("useridentity.accountid"), values.first("recipientaccountid")
    if actor and recipient and actor != recipient:
        return "foreign"
    named = {
        account
        for value in values.below("requestparameters.")
        if len(value) <= 4_096
        for account in _AWS_ACCOUNT.findall(value)
    }
    if not own or not named:
        return ""
    return "foreign" if named - own else "own"


def _bare(name: str) -> str:
    """Return an account's name without its domain, lower case."""
    text = name.strip().lower()[-256:]
    if "\\" in text:
        text = text.rpartition("\\")[2]
    return text
