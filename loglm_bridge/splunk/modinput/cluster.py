"""Search head clusters: an input that all members have would read every event once per member.

splunkd's `run_only_one` is documented as not supported yet, and a position belongs to one machine: a new captain would
start from an old one. So an input refuses to run on a member. One machine outside of the cluster runs it, or a
scheduled search with the alert action does the same work wherever the scheduler puts it.
"""

from __future__ import annotations

from splunklib.client import Service

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS, error_of_call

#: Roles in server/info of a search head that belongs to a cluster; its captain has one of its own.
_MEMBER_ROLES = frozenset({"shc_member", "shc_captain"})

_HINT = (
    "create it on one stand-alone search head or heavy forwarder, or use a scheduled search with the alert action"
    " loglm_notable instead"
)


def check_not_clustered(service: Service) -> None:
    """Make sure that splunkd is no member of a search head cluster.

    Raises:
        ConfigError: it is one.
        SplunkdError: it does not answer.
    """
    try:
        roles = service.info["server_roles"]
    except KeyError:
        return
    except CALL_ERRORS as error:
        raise error_of_call(error, "reading server/info") from error
    if _MEMBER_ROLES & set([roles] if isinstance(roles, str) else roles or ()):
        raise ConfigError(
            "an input does not run on a member of a search head cluster, where each member would read the same events",
            hint=_HINT,
        )
