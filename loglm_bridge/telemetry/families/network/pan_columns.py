"""Columns of PAN-OS syslog lines by log type; `_` is a column that is not used."""

from __future__ import annotations

from collections.abc import Mapping

_START = "_ _ _ type subtype _ _"
_SESSION = (
    "src_ip dest_ip _ _ rule src_user user app _ src_zone dest_zone _ _ _ _ _ _ src_port dest_port _ _ flags protocol "
    "action"
)

#: Log type -> column names in order.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: tuple(text.split())
    for name, text in {
        "TRAFFIC": f"{_START} {_SESSION} _ bytes_sent bytes_received packets _ duration category _ _ _ _ _ "
        "pkts_sent pkts_received session_end_reason",
        "THREAT": f"{_START} {_SESSION} url signature category severity direction",
        "SYSTEM": f"{_START} _ signature object _ _ module severity message",
        "CONFIG": f"{_START} src_ip _ command user client result object",
        "GLOBALPROTECT": f"{_START} _ signature stage method _ user _ _ src_ip",
        "USERID": f"{_START} _ src_ip user _ _ _ _ src_port dest_port method",
        "HIPMATCH": f"{_START} user _ _ _ src_ip hip_name _ hip_type",
        "DECRYPTION": f"{_START} {_SESSION}",
        "AUTHENTICATION": f"{_START} _ src_ip user _ object policy _ _ _ vendor _ _ signature message",
    }.items()
}
