"""The order of canonical fields: behaviour first, because the tokenizer reads only so far."""

from __future__ import annotations

_RANKED = """
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
_RANK = {name: rank for rank, name in enumerate(_RANKED.split())}
#: What no list knows stands before the plain noise-like rest.
_UNKNOWN = _RANK["message"] - 0.5
_LAST = {
    name: len(_RANK) + i
    for i, name in enumerate(("call_trace", "signature_status", "signed", "current_directory", "severity"))
}


def rank(name: str) -> float:
    """Return a canonical name's place; lower comes first."""
    found = _RANK.get(name)
    return found if found is not None else _LAST.get(name, _UNKNOWN)
