"""Names that exporters give the fields of a flow, and the vocabularies of their values."""

from __future__ import annotations

from collections.abc import Mapping

#: Schema name -> names of exporters in lower case.
_NAMES: Mapping[str, str] = {
    "src_ip": """src_ip srcip src srcaddr src_addr sip sourceip source_ip sourceaddress source_address saddr id.orig_h
        id_orig_h orig_h source.ip sourceipv4address sourceipv6address ipv4_src_addr ipv6_src_addr ip_src sa srcipv4
        jsonpayload.connection.src_ip connection.src_ip netflow.ipv4_src_addr c-ip clientip client_ip srcipaddr
        local_ip initiatorip initiator_ip sourcetransportaddress pri_srcip srcaddress sourceipaddress src_host_ip
        flow.src_ip srcname_ip sourceip_s srcip_s""",
    "src_port": """src_port srcport spt sport s_port sourceport source_port id.orig_p id_orig_p orig_p source.port
        sourcetransportport l4_src_port sp connection.src_port jsonpayload.connection.src_port initiatorport
        tcp_srcport udp_srcport srcport_d""",
    "dest_ip": """dest_ip dstip dst dstaddr dst_addr dip destip destinationip destination_ip destinationaddress dest
        destination_address daddr id.resp_h id_resp_h resp_h destination.ip destinationipv4address
        destinationipv6address ipv4_dst_addr ipv6_dst_addr ip_dst da dstipv4 connection.dest_ip
        jsonpayload.connection.dest_ip netflow.ipv4_dst_addr responderip responder_ip dest_host_ip remote_ip
        destinationipaddress dstaddress destip_s dstip_s""",
    "dest_port": """dest_port dstport dpt dport d_port destport destinationport destination_port id.resp_p
        id_resp_p resp_p
        destination.port destinationtransportport l4_dst_port dp connection.dest_port responderport
        jsonpayload.connection.dest_port destport_d""",
    "protocol": """protocol proto ip_proto transport protonum ip_protocol protocolidentifier network.transport pr
        connection.protocol jsonpayload.connection.protocol l4protocol_s transport_protocol l4protocol
        network_protocol ipproto protocolname protocol_name netflow.protocol""",
    "service": "service service_id app_proto applicationprotocol application_protocol network.protocol l7protocol_s",
    "action": """action act conn_action policyaction rule_action disposition device_action event_action
        accesscontrolruleaction flowstatus_s deviceaction""",
    "state": "conn_state state flow.state flow_state connection_state session_end_reason",
    "history": "history",
    "tcp_flags": "tcp_flags tcpflags flags_tcp tcpcontrolbits flg tcp.tcp_flags netflow.tcp_flags",
    "direction": "direction conn_direction flow_direction flowdirection network.direction dir flowdirection_s",
    "flow_dur": """flow_dur flow_duration duration dur td elapsed elapsed_time flow.age session_duration event.duration
        conn_duration flowdurationmilliseconds flow_duration_ms flowduration duration_ms netflow.duration
        connduration flow_active_time""",
    "fwd_bytes": """fwd_bytes bytes_out bytesout sentbyte sent_bytes bytes_sent bytessent sentbytes orig_bytes src_bytes
        srcbytes bytes_toserver flow.bytes_toserver octetdeltacount in_bytes ibyt source.bytes bytessrctodest_d
        bytessrctodest bytes_from_client initiatorbytes bytes_from_src client_bytes bytes octets totlen_fwd_pkts
        totlen_fwd_bytes sbytes jsonpayload.bytes_sent totlenfwdpkts netflow.in_bytes totbytes network.bytes
        initiatorbytecount ipv4_bytes flow_bytes total_fwd_bytes sent octettotalcount outbound_bytes
        bytes_src_to_dst""",
    "bwd_bytes": """bwd_bytes bytes_in bytesin rcvdbyte rcvd_bytes received_bytes bytes_received bytesreceived rcvdbytes
        resp_bytes dest_bytes dstbytes dst_bytes bytes_toclient flow.bytes_toclient out_bytes obyt destination.bytes
        bytesdesttosrc_d bytesdesttosrc responderbytes server_bytes bytes_to_client dbytes totlen_bwd_pkts
        totlen_bwd_bytes netflow.out_bytes reverseoctetdeltacount responderbytecount total_bwd_bytes rcvd
        inbound_bytes bytes_dst_to_src""",
    "fwd_pkts": """fwd_pkts total_fwd_pkts packets_out sentpkt packets_sent pkts_sent orig_pkts src_pkts
        srcpkts pkts_toserver
        flow.pkts_toserver packetdeltacount in_pkts ipkt source.packets packetssrctodest_d packetssrctodest
        initiatorpackets spkts packets pkts totpkts network.packets tot_fwd_pkts pkts_src jsonpayload.packets_sent
        netflow.in_pkts packettotalcount initiatorpacketcount""",
    "bwd_pkts": """bwd_pkts total_bwd_pkts packets_in rcvdpkt packets_received pkts_received resp_pkts dest_pkts dstpkts
        dst_pkts pkts_toclient flow.pkts_toclient out_pkts opkt destination.packets packetsdesttosrc_d
        packetsdesttosrc responderpackets dpkts tot_bwd_pkts netflow.out_pkts responderpacketcount""",
    "app": "app application appname app_name application_name",
}

#: Field name in lower case -> schema name.
ALIASES: Mapping[str, str] = {alias: name for name, aliases in _NAMES.items() for alias in aliases.split()}

#: Fields with a flow's first and last moment.
START_TIMES = frozenset(
    {
        "start", "first", "flow.start", "start_time", "starttime", "flowstart", "first_switched", "flowstarttime",
        "flowstartmilliseconds", "flowstartseconds", "flowstartsysuptime", "jsonpayload.start_time", "ts_start",
        "event.start", "netflow.first_switched", "flowstarttime_t", "firstseen",
    }
)  # fmt: skip
END_TIMES = frozenset(
    {
        "end", "last", "flow.end", "end_time", "endtime", "flowend", "last_switched", "flowendtime",
        "flowendmilliseconds", "flowendseconds", "flowendsysuptime", "jsonpayload.end_time", "ts_end", "event.end",
        "netflow.last_switched", "flowendtime_t", "lastseen",
    }
)  # fmt: skip

#: Seconds per unit of the time and duration fields that are not in seconds.
SECONDS_PER_UNIT: Mapping[str, float] = {
    "flowstartmilliseconds": 1e-3, "flowendmilliseconds": 1e-3, "flowstartsysuptime": 1e-3, "flowendsysuptime": 1e-3,
    "flowdurationmilliseconds": 1e-3, "flow_duration_ms": 1e-3, "duration_ms": 1e-3, "flowduration": 1e-6,
    "event.duration": 1e-9, "first_switched": 1e-3, "last_switched": 1e-3, "netflow.first_switched": 1e-3,
    "netflow.last_switched": 1e-3, "flow_active_time": 1e-3,
}  # fmt: skip

#: Exporters' words for the direction, seen from the network or machine that they monitor.
DIRECTIONS: Mapping[str, str] = {
    "inbound": "inbound", "ingress": "inbound", "in": "inbound", "receive": "inbound", "incoming": "inbound",
    "i": "inbound", "0": "inbound", "outbound": "outbound", "egress": "outbound", "out": "outbound",
    "send": "outbound", "outgoing": "outbound", "o": "outbound", "1": "outbound", "forward": "forward",
    "internal": "internal", "local": "internal", "lateral": "internal", "external": "external",
}  # fmt: skip

#: Fields (lower case) that no plain flow has: a request, a query, a command, a detection.
NON_FLOW_FIELDS = frozenset(
    {
        "url", "uri", "signature", "attack", "attackname", "virus", "threat", "threatname", "threat_name",
        "alert.signature", "http_method", "http.url", "http.hostname", "http.http_method", "requestmethod",
        "dns.query", "dns.rrname", "query", "commandline", "cmdline", "process_command_line",
        "processcommandline", "image", "filename", "file_name", "catdesc", "tls.sni", "user_agent", "useragent",
        "http_user_agent", "ssh.client.software_version", "rulename_s", "cs-method", "signature_name",
        "attack_type", "attackdescription", "mitre", "technique", "detection",
    }
)  # fmt: skip

#: IANA protocol number -> name.
PROTOCOLS: Mapping[str, str] = {
    "0": "hopopt", "1": "icmp", "2": "igmp", "4": "ipip", "6": "tcp", "17": "udp", "41": "ipv6", "47": "gre",
    "50": "esp", "51": "ah", "58": "icmp", "88": "eigrp", "89": "ospf", "103": "pim", "112": "vrrp", "132": "sctp",
}  # fmt: skip

#: Exporters' words for how a flow was decided or ended -> common word. Zeek's conn_state: docs.zeek.org, conn log.
STATES: Mapping[str, str] = {
    "sf": "established", "s1": "established", "s2": "established", "s3": "established", "s0": "no_reply",
    "rej": "rejected", "rsto": "reset", "rstr": "reset", "rstos0": "half_open", "rstrh": "half_open",
    "sh": "half_open", "shr": "half_open", "oth": "midstream", "con": "established", "int": "no_reply",
    "accept": "allowed", "accepted": "allowed", "allow": "allowed", "allowed": "allowed", "pass": "allowed",
    "permit": "allowed", "permitted": "allowed", "a": "allowed", "forward": "allowed", "close": "allowed",
    "reject": "blocked", "rejected": "blocked", "deny": "blocked", "denied": "blocked", "drop": "blocked",
    "dropped": "blocked", "block": "blocked", "blocked": "blocked", "d": "blocked", "discard": "blocked",
}  # fmt: skip
