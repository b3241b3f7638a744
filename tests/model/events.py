"""Events and options for tests of verdicts in context."""

import json

from loglm_bridge.contract.event import Event
from loglm_bridge.contract.wire import Options

IN_CONTEXT = Options(top=2, sequence=True)
ALONE = Options(top=2)


def flow(i, entity="pair", **changes):
    """Return the i-th flow of an entity."""
    fields = {
        "src_ip": "10.0.0.5", "src_port": 50_000 + i, "dest_ip": "203.0.113.9", "dest_port": 443, "flow_dur": 0.2,
        "fwd_bytes": 100 * i, "bwd_bytes": 10, "total_fwd_pkts": 2, "total_bwd_pkts": 1,
    } | changes  # fmt: skip
    return Event(json.dumps(fields), sourcetype="netflow:json", time=1000.0 + i, entity=entity)


def logon(i, entity="host"):
    """Return the i-th Windows logon event of an entity."""
    fields = {"EventID": 4624 + i, "Channel": "Security", "LogonType": "3", "TargetUserName": "Administrator"}
    return Event(json.dumps(fields), host="h", time=1000.0 + i, entity=entity)
