"""The order of canonical fields: behaviour first, because the tokenizer reads a limited number of tokens."""

from __future__ import annotations

_ORDERED_NAMES = """
    action operation change command_name object_type
    process_path process parent_process_path parent_process process_name parent_process_name original_file_name
    target_process_path target_process granted_access image_loaded script
    registry_path registry_value_name registry_value_data file_path file_name pipe_name
    service_name service_path service_start service_type service_account task_name task_content
    share_name query answer url url_query http_method http_user_agent http_referrer status sub_status error
    signature threat_name
    transport direction dest_port dest_host dest_ip src_ip src_port service state history duration bytes_out bytes_in
    packets_out packets_in tcp_flags
    user src_user target_user group member logon_type auth_package logon_process integrity token_elevation
    object policy role app
    message
"""
_RANKS = {name: rank for rank, name in enumerate(_ORDERED_NAMES.split())}
#: Names that no list holds come just before the message.
_UNKNOWN_RANK = _RANKS["message"] - 0.5
_LAST_RANKS = {
    name: len(_RANKS) + i
    for i, name in enumerate(("call_trace", "signature_status", "signed", "current_directory", "severity"))
}


def rank(name: str) -> float:
    """Return the sort key of a canonical name; fields of lower rank come first."""
    listed = _RANKS.get(name)
    return listed if listed is not None else _LAST_RANKS.get(name, _UNKNOWN_RANK)
