"""Fields of flows, Zeek logs, web access logs and network devices."""

from __future__ import annotations

from collections.abc import Mapping

from loglm_bridge.telemetry.canonical.tables.field_mapping import FieldMapping, drop

FLOW: Mapping[str, FieldMapping] = {
    "protocol": ("transport", "transport"),
    "flow_dur": ("duration", "duration"),
    "fwd_bytes": ("bytes_out", "bytes"),
    "bwd_bytes": ("bytes_in", "bytes"),
    "fwd_pkts": ("packets_out", "bucket"),
    "bwd_pkts": ("packets_in", "bucket"),
    "tcp_flags": ("tcp_flags", "word"),
    "history": ("history", "case_word"),
    "state": ("state", "word"),
    "direction": ("direction", "word"),
    "service": ("service", "word"),
    "app": ("app", "word"),
    "rule": ("rule", "text"),
}

ZEEK: Mapping[str, FieldMapping] = {
    **drop("""ts _path _write_ts _system_name uid uids fuid conn_uids tx_hosts rx_hosts local_orig
        local_resp missed_bytes
        tunnel_parents trans_id rtt x cert_chain_fuids client_cert_chain_fuids cert_chain_fps client_cert_chain_fps
        orig_fuids resp_fuids fuids ja3 ja3s orig_l2_addr resp_l2_addr ip_proto peer node ttls @timestamp ts_delta
        remote_location.lat remote_location.long remote_location.city remote_location.region suppress_for
        orig_ip_bytes resp_ip_bytes msg_id parent_fuid md5 sha1 sha256 extracted mac host_key fingerprint
        certificate.serial certificate.not_valid_before certificate.not_valid_after session_id"""),
    "proto": ("transport", "transport"),
    "service": ("service", "word"),
    "duration": ("duration", "duration"),
    "orig_bytes": ("bytes_out", "bytes"),
    "resp_bytes": ("bytes_in", "bytes"),
    "orig_pkts": ("packets_out", "bucket"),
    "resp_pkts": ("packets_in", "bucket"),
    "conn_state": ("state", "word"),
    "history": ("history", "case_word"),
    "query": ("query", "domain"),
    "answers": ("answer", "answers"),
    "qtype_name": ("query_type", "word"),
    "qtype": None,
    "qclass": None,
    "qclass_name": None,
    "rcode": None,
    "rcode_name": ("reply_code", "word"),
    "method": ("http_method", "word"),
    "host": ("dest_host", "domain"),
    "uri": ("url", "url"),
    "referrer": ("http_referrer", "url"),
    "user_agent": ("http_user_agent", "user_agent"),
    "request_body_len": ("bytes_out", "bytes"),
    "response_body_len": ("bytes_in", "bytes"),
    "status_code": ("status", "word"),
    "status_msg": None,
    "server_name": ("dest_host", "domain"),
    "cipher": ("cipher", "word"),
    "subject": ("subject", "text"),
    "issuer": ("issuer", "text"),
    "version": ("version", "word"),
    "filename": ("file_path", "path"),
    "path": ("path", "share_path"),
    "name": ("name", "guess"),
    "mime_type": ("mime_type", "word"),
    "seen_bytes": ("bytes", "bytes"),
    "total_bytes": None,
    "endpoint": ("endpoint", "word"),
    "operation": ("operation", "word"),
    "named_pipe": ("pipe_name", "path"),
    "client": ("user", "account"),
    "username": ("user", "account"),
    "user": ("user", "account"),
    "note": ("signature", "word"),
    "msg": ("message", "text"),
    "sub": ("detail", "text"),
}

WEB: Mapping[str, FieldMapping] = {
    "status": ("status", "word"),
    "bytes": ("bytes_in", "bytes"),
    "duration": ("duration", "duration"),
}
