"""Columns of Zeek's logs, for lines without their `#fields` header. Source: docs.zeek.org, script reference.

A log has several layouts over Zeek's versions; they differ in length, so that the length identifies one.
"""

from __future__ import annotations

from collections.abc import Mapping

_ABBREVIATIONS = {
    "@id": "ts uid id.orig_h id.orig_p id.resp_h id.resp_p",
    "@place": "remote_location.country_code remote_location.region "
    "remote_location.city remote_location.lat remote_location.long",
}

# A layout begins at each line that is not indented; x1, x2, ... are columns without a meaning.
_LAYOUT_TABLE = """\
analyzer: ts cause analyzer_kind analyzer_name uid fuid id.orig_h id.orig_p id.resp_h id.resp_p failure_reason
    failure_data
analyzer: ts analyzer_kind analyzer_name uid fuid id.orig_h id.orig_p id.resp_h id.resp_p proto failure_reason
    failure_data x
capture_loss: ts ts_delta peer gaps acks percent_lost
conn: @id proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history
    orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents
conn: @id proto service duration orig_bytes resp_bytes conn_state missed_bytes history orig_pkts orig_ip_bytes
    resp_pkts resp_ip_bytes tunnel_parents ip_proto
conn: @id proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history
    orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto
conn: @id proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history
    orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto failed_service
conn: @id proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history
    orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto orig_l2_addr resp_l2_addr
dce_rpc: @id rtt named_pipe endpoint operation
dhcp: ts uids client_addr server_addr mac host_name client_fqdn domain requested_addr assigned_addr lease_time
    client_message server_message msg_types duration
dnp3: @id fc_request fc_reply iin
dns: @id proto trans_id query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs
    rejected
dns: @id proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers
    TTLs rejected
dns: @id proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers
    TTLs rejected opcode opcode_name
dpd: @id proto analyzer failure_reason
files: ts fuid tx_hosts rx_hosts conn_uids source depth analyzers mime_type filename duration local_orig is_orig
    seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256 extracted
files: ts fuid uid id.orig_h id.orig_p id.resp_h id.resp_p source depth analyzers mime_type filename duration
    local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid
files: ts fuid uid id.orig_h id.orig_p id.resp_h id.resp_p source depth analyzers mime_type filename duration
    local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid extracted
    extracted_cutoff extracted_size
files: ts fuid uid id.orig_h id.orig_p id.resp_h id.resp_p source depth analyzers mime_type filename duration
    local_orig is_orig seen_bytes total_bytes missing_bytes overflow_bytes timedout parent_fuid md5 sha1 sha256
    extracted extracted_cutoff extracted_size
ftp: @id user password command arg mime_type file_size reply_code reply_msg data_channel.passive
    data_channel.orig_h data_channel.resp_h data_channel.resp_p fuid
ftp: @id x1 x2 user password command arg mime_type file_size x3 reply_code reply_msg data_channel.passive
    data_channel.orig_h data_channel.resp_h data_channel.resp_p fuid
http: @id trans_depth method host uri referrer user_agent request_body_len response_body_len status_code
    status_msg info_code info_msg filename tags username password proxied orig_fuids orig_mime_types resp_fuids
    resp_mime_types
http: @id trans_depth method host uri referrer version user_agent request_body_len response_body_len status_code
    status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames orig_mime_types
    resp_fuids resp_filenames resp_mime_types
http: @id trans_depth method host uri referrer version user_agent origin request_body_len response_body_len
    status_code status_msg info_code info_msg tags username password proxied orig_fuids orig_filenames
    orig_mime_types resp_fuids resp_filenames resp_mime_types
intel: @id seen.indicator seen.indicator_type seen.where seen.node matched sources fuid file_mime_type file_desc
irc: @id nick user command value addl dcc_file_name dcc_file_size dcc_mime_type fuid
kerberos: @id request_type client service success error_msg from till cipher forwardable renewable
    client_cert_subject client_cert_fuid server_cert_subject server_cert_fuid
known_certs: ts host port_num subject issuer_subject serial
known_hosts: ts host
known_services: ts host port_num port_proto service
ldap: @id message_id version opcode result diagnostic_message object argument
ldap_search: @id message_id scope deref_aliases base_object result_count result diagnostic_message filter
    attributes
modbus: @id tid unit func pdu_type exception
mysql: @id cmd arg success rows response
notice: @id fuid file_mime_type file_desc proto note msg sub src dst p n peer_descr actions email_dest
    suppress_for @place
ntlm: @id username hostname domainname server_nb_computer_name server_dns_computer_name server_tree_name success
ntp: @id version mode stratum poll precision root_delay root_disp ref_id ref_time org_time rec_time xmt_time
    num_exts
ocsp: ts id hashAlgorithm issuerNameHash issuerKeyHash serialNumber certStatus revoketime revokereason
    thisUpdate nextUpdate
packet_filter: ts node filter init success failure_reason
pe: ts id machine compile_ts os subsystem is_exe is_64bit uses_aslr uses_dep uses_code_integrity uses_seh
    has_import_table has_export_table has_cert_table has_debug_data section_names
radius: @id username mac framed_addr tunnel_client connect_info reply_msg result ttl
rdp: @id cookie result security_protocol client_channels keyboard_layout client_build client_name
    client_dig_product_id desktop_width desktop_height requested_color_depth cert_type cert_count cert_permanent
    encryption_level encryption_method
reporter: ts level message location
sip: @id trans_depth method uri date request_from request_to response_from response_to reply_to call_id seq
    subject request_path response_path user_agent status_code status_msg warning request_body_len
    response_body_len content_type
smb_files: @id fuid action path name size prev_name times.modified times.accessed times.created times.changed
smb_files: @id x1 x2 fuid action path name size prev_name x3 times.modified times.accessed times.created
    times.changed x4 x5
smb_mapping: @id path service native_file_system share_type
smtp: @id trans_depth helo mailfrom rcptto date from to cc reply_to msg_id in_reply_to subject x_originating_ip
    first_received second_received last_reply path user_agent tls fuids
snmp: @id duration version community get_requests get_bulk_requests get_responses set_requests display_string
    up_since
software: ts host host_p software_type name version.major version.minor version.minor2 version.minor3
    version.addl unparsed_version
socks: @id version user status request.host request.name request_p bound.host bound.name bound_p
ssh: @id version auth_success auth_attempts direction client server cipher_alg mac_alg compression_alg kex_alg
    host_key_alg host_key
ssh: @id version auth_success auth_attempts direction client server cipher_alg mac_alg compression_alg kex_alg
    host_key_alg host_key @place
ssl: @id version cipher curve server_name resumed last_alert next_protocol established ssl_history
    cert_chain_fps client_cert_chain_fps sni_matches_cert
ssl: @id version cipher curve server_name resumed last_alert next_protocol established ssl_history
    cert_chain_fps client_cert_chain_fps sni_matches_cert validation_status
ssl: @id version cipher curve server_name resumed last_alert next_protocol established cert_chain_fuids
    client_cert_chain_fuids subject issuer client_subject client_issuer validation_status ja3 ja3s x1 x2
syslog: @id proto facility severity message
tunnel: @id tunnel_type action
weird: @id name addl notice peer
weird: @id name addl notice peer source
x509: ts fingerprint certificate.version certificate.serial certificate.subject certificate.issuer
    certificate.not_valid_before certificate.not_valid_after certificate.key_alg certificate.sig_alg
    certificate.key_type certificate.key_length certificate.exponent certificate.curve san.dns san.uri san.email
    san.ip basic_constraints.ca basic_constraints.path_len host_cert client_cert
x509: ts id certificate.version certificate.serial certificate.subject certificate.issuer
    certificate.not_valid_before certificate.not_valid_after certificate.key_alg certificate.sig_alg
    certificate.key_type certificate.key_length certificate.exponent certificate.curve san.dns san.uri san.email
    san.ip basic_constraints.ca basic_constraints.path_len host_cert client_cert x1
"""


def _parse_table(table: str) -> dict[str, dict[int, tuple[str, ...]]]:
    """Return log name -> number of columns -> names."""
    for abbreviation, names in _ABBREVIATIONS.items():
        table = table.replace(abbreviation, names)
    layouts: dict[str, dict[int, tuple[str, ...]]] = {}
    for entry in table.replace("\n    ", " ").splitlines():
        log, _, names = entry.partition(": ")
        columns = tuple(names.split())
        layouts.setdefault(log, {})[len(columns)] = columns
    return layouts


#: Log name -> number of columns -> the columns' names.
LAYOUTS: Mapping[str, Mapping[int, tuple[str, ...]]] = _parse_table(_LAYOUT_TABLE)


def columns(log: str, count: int) -> tuple[str, ...]:
    """Return the column names of a log's line with `count` values, empty for a log that the table does not have.

    Where no layout has that many columns, the nearest one is returned, a longer one rather than a shorter one.
    """
    layouts = LAYOUTS.get(log)
    if not layouts:
        return ()
    return layouts.get(count) or layouts[min(layouts, key=lambda length: (length < count, abs(length - count)))]
