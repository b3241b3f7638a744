"""Sentences that programs of Linux and Unix hosts write to syslog, as templates: one `action: sentence` per line.

Gaps are named after canonical fields; `{_}` is dropped. Sources: the programs' own message strings (OpenSSH auth.c
and packet.c, Linux-PAM pam_unix, sudo logging.c, cron, shadow-utils, systemd-logind, Postfix, BIND, dnsmasq, dhcpd).
"""

from __future__ import annotations

from collections.abc import Mapping

_PAM = """
    logon_failed: pam_unix({_}): authentication failure; logname={_} ruser={src_user} rhost={src_ip} user={user}
    logon_failed: pam_unix({_}): authentication failure; logname={_} ruser={src_user} rhost={src_ip}
    logon: pam_unix({service}): session opened for user {user} by {src_user}(uid={_})
    logon: pam_unix({service}): session opened for user {user} by {src_user}
    logoff: pam_unix({service}): session closed for user {user}
    logon_failed: pam_unix({_}): check pass; user unknown
    password_change: pam_unix({_}): password changed for {user}
    account_expired: pam_unix({_}): account {user} has expired
    logon_failed: pam_unix({_}): auth could not identify password for [{user}]
    logon_failed: pam_unix({_}): {reason} for user {user}
    logon_failed: pam_sss({_}): authentication failure; logname={_} ruser={src_user} rhost={src_ip} user={user}
    logon_failed: pam_faillock({_}): Consecutive login failures for user {user} account temporarily locked
    logon_failed: pam_succeed_if({_}): {reason}
    logon_failed: pam_ldap: error trying to bind as user "{_}" ({reason})
    logon_failed: authentication failure; logname={_} ruser={src_user} rhost={src_ip} user={user}
    logon_failed: authentication failure; logname={_} ruser={src_user} rhost={src_ip}
    logon_failed: check pass; user unknown
    logon: session opened for user {user} by {src_user}(uid={_})
    logoff: session closed for user {user}
    logon_failed: PAM {_} more authentication failure{_}; logname={_} ruser={src_user} rhost={src_ip} user={user}
    logon_failed: PAM {_} more authentication failure{_}; logname={_} ruser={src_user} rhost={src_ip}
"""

_SSHD = """
    logon_failed: Failed {method} for invalid user {user} from {src_ip} port {src_port} {app_version}
    logon_failed: Failed {method} for illegal user {user} from {src_ip} port {src_port} {app_version}
    logon_failed: Failed {method} for {user} from {src_ip} port {src_port} {app_version}
    logon: Accepted {method} for {user} from {src_ip} port {src_port} {app_version}
    logon: Accepted {method} for {user}
    logon_invalid_user: Invalid user {user} from {src_ip} port {src_port}
    logon_invalid_user: Invalid user {user} from {src_ip}
    logon_invalid_user: Illegal user {user} from {src_ip}
    logon_invalid_user: input_userauth_request: invalid user {user} [preauth]
    logon_failed: Postponed {method} for invalid user {user} from {src_ip} port {src_port} {app_version}
    connection_close: Connection closed by invalid user {user} {src_ip} port {src_port}{reason}
    connection_close: Connection closed by authenticating user {user} {src_ip} port {src_port}{reason}
    connection_close: Connection closed by {src_ip} port {src_port}{reason}
    connection_close: Connection closed by {src_ip}{reason}
    connection_reset: Connection reset by invalid user {user} {src_ip} port {src_port}{reason}
    connection_reset: Connection reset by authenticating user {user} {src_ip} port {src_port}{reason}
    connection_reset: Connection reset by {src_ip} port {src_port}{reason}
    connection_open: Connection from {src_ip} port {src_port} on {dest_ip} port {dest_port}
    connection_open: Connection from {src_ip} port {src_port}
    connection_close: Received disconnect from {src_ip} port {src_port}:{code}: {reason}
    connection_close: Received disconnect from {src_ip}: {code}: {reason}
    connection_close: Disconnected from invalid user {user} {src_ip} port {src_port}{reason}
    connection_close: Disconnected from authenticating user {user} {src_ip} port {src_port}{reason}
    connection_close: Disconnected from user {user} {src_ip} port {src_port}
    connection_close: Disconnected from {src_ip} port {src_port}{reason}
    connection_close: Disconnecting invalid user {user} {src_ip} port {src_port}: {reason}
    connection_close: Disconnecting authenticating user {user} {src_ip} port {src_port}: {reason}
    connection_close: Disconnecting: {reason}
    scan: Did not receive identification string from {src_ip} port {src_port}
    scan: Did not receive identification string from {src_ip}
    scan: Bad protocol version identification '{payload}' from {src_ip} port {src_port}
    scan: banner exchange: Connection from {src_ip} port {src_port}: {reason}
    scan: Unable to negotiate with {src_ip} port {src_port}: {reason}
    scan: reverse mapping checking getaddrinfo for {_} [{src_ip}] failed{reason}
    scan: Address {src_ip} maps to {_}, but this does not map back to the address{reason}
    logon_failed: error: maximum authentication attempts exceeded for invalid user {user} from {src_ip} port {_}
    logon_failed: error: maximum authentication attempts exceeded for {user} from {src_ip} port {src_port} {app_version}
    logon_failed: error: PAM: {reason} for illegal user {user} from {src_ip}
    logon_failed: error: PAM: {reason} for {user} from {src_ip}
    logon_failed: User {user} from {src_ip} not allowed because {reason}
    logon_failed: User {user} not allowed because {reason}
    logon_failed: Excessive permission or bad ownership on file {file_path}
    service_listen: Server listening on {dest_ip} port {dest_port}.
    service_stop: Received signal {code}; terminating.
    connection_error: fatal: {reason}
    connection_error: error: {reason}
    subsystem: subsystem request for {service} by user {user}
    subsystem: subsystem request for {service}
    session_start: Starting session: {service} for {user} from {src_ip} port {src_port}{_}
    timeout: Timeout, client not responding{_}
"""

_ACCOUNTS = """
    account_create: new user: name={user}, UID={uid}, GID={_}, home={home}, shell={shell}, from={_}
    account_create: new user: name={user}, UID={uid}, GID={_}, home={home}, shell={shell}
    group_create: new group: name={group}, GID={_}
    group_create: group added to {file_path}: name={group}
    group_add: add '{user}' to group '{group}'
    group_add: add '{user}' to shadow group '{group}'
    group_remove: delete '{user}' from group '{group}'
    account_delete: delete user '{user}'
    group_delete: removed group '{group}'
    account_change: change user '{user}' {attribute} from '{old}' to '{new}'
    account_lock: lock user '{user}' password
    account_unlock: unlock user '{user}' password
    password_change: password for {user} changed by {src_user}
    password_change: password changed for {user}
    password_expiry: changed password expiry for {user}
    account_change: changed user '{user}' {attribute}
"""

_SUDO = """
    sudo_failed: {user} : {reason} ; TTY={_} ; PWD={current_directory} ; USER={target_user} ; COMMAND={process}
    sudo_command: {user} : TTY={_} ; PWD={current_directory} ; USER={target_user} ; ENV={env} ; COMMAND={process}
    sudo_command: {user} : TTY={_} ; PWD={current_directory} ; USER={target_user} ; GROUP={group} ; COMMAND={process}
    sudo_command: {user} : TTY={_} ; PWD={current_directory} ; USER={target_user} ; TSID={_} ; COMMAND={process}
    sudo_command: {user} : TTY={_} ; PWD={current_directory} ; USER={target_user} ; COMMAND={process}
    sudo_command: {user} : PWD={current_directory} ; USER={target_user} ; COMMAND={process}
"""

#: Program names (blank-separated) -> sentences.
SENTENCES: Mapping[str, str] = {
    "sshd sshd-session sshd-auth dropbear": _SSHD + _PAM,
    "sudo": _SUDO + _PAM,
    "su": f"""
    su_logon: (to {{target_user}}) {{user}} on {{_}}
    su_logon: Successful su for {{target_user}} by {{user}}
    su_failed: FAILED su for {{target_user}} by {{user}}
    su_failed: FAILED SU (to {{target_user}}) {{user}} on {{_}}
    su_logon: + pts/{{_}} {{user}}:{{target_user}}
    su_failed: - pts/{{_}} {{user}}:{{target_user}}
    su_logon: + /dev/{{_}} {{user}}:{{target_user}}
    su_failed: - /dev/{{_}} {{user}}:{{target_user}}
    su_failed: BAD SU {{user}} to {{target_user}} on {{_}}
    {_PAM}""",
    "cron crond anacron atd fcron": f"""
    cron_command: ({{user}}) CMD ({{process}})
    cron_command_end: ({{user}}) CMDEND ({{process}})
    cron_reload: ({{user}}) RELOAD ({{file_path}})
    cron_start: (CRON) {{reason}}
    cron_error: ({{user}}) {{reason}}
    {_PAM}""",
    "crontab": """
    cron_replace: ({user}) REPLACE ({target_user})
    cron_list: ({user}) LIST ({target_user})
    cron_edit: ({user}) BEGIN EDIT ({target_user})
    cron_edit_end: ({user}) END EDIT ({target_user})
    cron_delete: ({user}) DELETE ({target_user})
    """,
    "useradd userdel usermod groupadd groupdel groupmod gpasswd passwd chpasswd chage adduser": _ACCOUNTS + _PAM,
    "systemd-logind": """
    session_start: New session {_} of user {user}.
    session_end: Removed session {_}.
    session_end: Session {_} logged out. {_}
    system_stop: System is {reason}.
    """,
    "systemd": """
    service_start: Started {service}.
    service_starting: Starting {service}...
    service_stop: Stopped {service}.
    service_stopping: Stopping {service}...
    service_end: {service}: Succeeded.
    service_failed: {service}: Failed with result '{reason}'.
    service_failed: Failed to start {service}.
    service_exit: {service}: Main process exited, code={code}, status={reason}
    service_reload: Reloading{_}
    session_slice: Created slice {service}.
    session_slice: Removed slice {service}.
    target: Reached target {service}.
    """,
    "pkexec polkitd polkit-agent-helper-1 gdm-password login gdm lightdm doas": f"""
    privilege_exploit: {{user}}: The value for the {{attribute}} variable {{reason}} [USER={{_}}[COMMAND={{process}}]
    privilege_command: {{user}}: Executing command [USER={{target_user}}] {{_}}[COMMAND={{process}}]
    logon_failed: FAILED LOGIN {{_}} FROM {{src_ip}} FOR {{user}}, {{reason}}
    logon_root: ROOT LOGIN on {{_}}
    {_PAM}""",
    "postfix": """
    logon_failed: warning: {_}[{src_ip}]: SASL {method} authentication failed: {reason}
    connection_open: connect from {_}[{src_ip}]
    connection_close: disconnect from {_}[{src_ip}] {reason}
    connection_close: disconnect from {_}[{src_ip}]
    connection_close: lost connection after {reason} from {_}[{src_ip}]
    mail_reject: NOQUEUE: reject: {smtp_command} from {_}[{src_ip}]: {reason}; from=<{sender}> to=<{recipient}> {_}
    mail_reject: NOQUEUE: reject: {smtp_command} from {_}[{src_ip}]: {reason}
    """,
    "named unbound": """
    dns_query: client @{_} {src_ip}#{src_port} ({_}): query: {query_name} {_} {query_type} {flags} ({dest_ip})
    dns_query: client {src_ip}#{src_port} ({_}): query: {query_name} {_} {query_type} {flags} ({dest_ip})
    dns_query: client @{_} {src_ip}#{src_port} ({_}): view {_}: query: {query_name} {_} {query_type} {flags} ({dest_ip})
    dns_query: client {src_ip}#{src_port}: query: {query_name} {_} {query_type} {flags}
    dns_denied: client @{_} {src_ip}#{src_port} ({_}): query (cache) '{query_name}/{query_type}/{_}' denied
    dns_denied: client @{_} {src_ip}#{src_port} ({_}): query '{query_name}/{query_type}/{_}' denied
    dns_denied: client {src_ip}#{src_port} ({_}): query (cache) '{query_name}/{query_type}/{_}' denied
    dns_transfer: client @{_} {src_ip}#{src_port} ({_}): transfer of '{query_name}/{_}': {reason}
    dns_error: {reason} resolving '{query_name}/{query_type}/{_}': {dest_ip}#{dest_port}
    """,
    "dnsmasq pihole": """
    dns_query: query[{query_type}] {query_name} from {src_ip}
    dns_answer: reply {query_name} is {answer}
    dns_forward: forwarded {query_name} to {dest_ip}
    dns_answer: cached {query_name} is {answer}
    dns_block: gravity blocked {query_name} is {answer}
    """,
    "dhcpd dhcpd6 dhclient": """
    dhcp_lease: DHCPACK on {dest_ip} to {_}
    dhcp_request: DHCPREQUEST for {dest_ip} from {_}
    dhcp_discover: DHCPDISCOVER from {_}
    dhcp_offer: DHCPOFFER on {dest_ip} to {_}
    dhcp_release: DHCPRELEASE of {dest_ip} from {_}
    dhcp_nak: DHCPNAK on {dest_ip} to {_}
    """,
    "dovecot": """
    logon: imap-login: Login: user=<{user}>, method={method}, rip={src_ip}, lip={dest_ip}, {reason}
    logon_failed: imap-login: Disconnected ({reason}): user=<{user}>, method={method}, rip={src_ip}, {_}
    logon_failed: pop3-login: Disconnected ({reason}): user=<{user}>, method={method}, rip={src_ip}, {_}
    logon_failed: imap-login: Aborted login ({reason}): user=<{user}>, method={method}, rip={src_ip}, {_}
    logon: pop3-login: Login: user=<{user}>, method={method}, rip={src_ip}, lip={dest_ip}, {reason}
    """,
    "proftpd vsftpd pure-ftpd": """
    connection_open: CONNECT: Client "{src_ip}"
    logon: OK LOGIN: Client "{src_ip}"
    logon_failed: FAIL LOGIN: Client "{src_ip}"
    connection_open: connection from {src_ip} ({_}) at {_}
    logon: ANONYMOUS FTP LOGIN FROM {src_ip}, {_}
    """,
    "ftpd": """
    connection_open: connection from {src_ip} ({_}) at {_}
    connection_open: connection from {src_ip} () at {_}
    logon: ANONYMOUS FTP LOGIN FROM {src_ip}, {_}
    """,
    "lfd": """
    block: ({service}) {reason} from {src_ip} ({_}): {count} in the last {_} secs - *Blocked in csf* [{_}]
    block: *{reason}* {service} from {src_ip} {_}
    """,
    "fail2ban fail2ban.actions": """
    block: NOTICE  [{service}] Ban {src_ip}
    unblock: NOTICE  [{service}] Unban {src_ip}
    """,
}
