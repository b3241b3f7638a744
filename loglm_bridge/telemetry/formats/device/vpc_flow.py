"""AWS VPC flow log lines: in the default format of version 2, or by their header.

Format: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from loglm_bridge.contract.event import Event
from loglm_bridge.telemetry.families.network import flow
from loglm_bridge.telemetry.record import Record

_COLUMNS = (
    "version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log_status",
)  # fmt: skip
_ACTIONS = ("ACCEPT", "REJECT", "-")
_STATUSES = ("OK", "NODATA", "SKIPDATA")


def parse(text: str, event: Event) -> Record | None:  # noqa: ARG001 (one signature for all formats)
    """Parse one flow log line, with or without its header line; None where it is not one."""
    lines = text.strip().split("\n", 2)
    header: tuple[str, ...] = _COLUMNS
    if len(lines) > 1 and "srcaddr" in lines[0] and "dstaddr" in lines[0]:
        header = tuple(lines.pop(0).replace("-", "_").split(None, 60))
    values = lines[0].split(None, 60)
    if header is _COLUMNS and not _is_default(values):
        return None
    fields = tuple(zip(header, values, strict=False))
    if not flow.is_flow(fields):
        status = dict(fields).get("log_status", "NODATA").lower()
        return Record("vpc_flow", "flow", "nodata", (("status", status),))
    return Record("vpc_flow", "flow", flow.kind_of(fields), flow.normalise(fields))


def _is_default(values: list[str]) -> bool:
    if len(values) < 14 or not values[0].isdigit() or len(values[0]) > 2:
        return False
    return values[12] in _ACTIONS and values[13] in _STATUSES and values[10].isdigit()
