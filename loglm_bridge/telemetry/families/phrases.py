"""Phrases by which programs of all kinds report the same behaviour, the more specific first."""

from __future__ import annotations

from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TABLE = """
    logon_failed: failed password|failed login|login failed|failed to login|failed to log in|login failure
    logon_failed: logon failure|failed logon|logon failed|unsuccessful login|unsuccessful 1fa|unsuccessful 2fa
    logon_failed: failed sign-in|fail login|authentication failure|authentication failed|failed authentication
    logon_failed: authentication unsuccessful|authentication error|authentication_failed|auth-failure|auth-error
    logon_failed: auth failure|auth failed|auth_failed|incorrect username|incorrect password|invalid username
    logon_failed: invalid password|wrong password|bad password|username or password|user name or password
    logon_failed: incorrect authentication|invalid credentials|bad credentials|access denied for user
    logon_failed: failed to validate user|login_error|logondenied|invalid authentication|could not retrieve user
    logon_failed: user unknown|unknown user|failed ssh login|attempted to login|user not found|login_failed
    logon_failed: invalid login|challengeresponsefailed|wrong credentials|login incorrect|fails to authenticate
    logon_failed: has been denied|login attempt|can't find user|external authentication server denied
    logon_failed: failed to log on
    logon_invalid_user: invalid user|illegal user
    logon: accepted password|accepted publickey|accepted keyboard|successful login|login successful
    logon: login succeeded|authentication succeeded|successfully authenticated|authentication success
    logon: successful auth|logged in|log on succ|session opened|successfully logged|login_success|logged on
    logoff: logged out|logged off|session closed|log out|disconnected from user
    block: banned|banning|blocked in|has been blocked|rate-limited|rate limited
    sudo_command: ; command=
    scan: possible break-in|port scan|portscan
    process_crash: segfault|core dumped|stack smashing|general protection
    malware_detect: virus found|malware|trojan|backdoor
    access_denied: permission denied|access denied|unauthorized|not authorized|forbidden
"""

#: (phrase in lower case, action), in order.
PHRASES: Sequence[tuple[str, str]] = tuple(
    (phrase, action)
    for action, _, phrases in (line.strip().partition(": ") for line in _TABLE.strip().splitlines())
    for phrase in phrases.split("|")
)

#: Words that may follow "user" or "login" and are not a name.
NOT_NAMES = _words("""
    not does is was has had with from to by for name agent logged id and or unknown details password credentials
    account login in at of on the a an failed failure denied attempt attempts error via using authentication
    authenticated session sessions successful successfully succeeded does doesn't invalid admin-console
    interface page request user users username root-login will can cannot could be been that this as into after
    before are it its info warning none null group groups accounts data profile agent: type space mode level
    defined data-dir process threshold service
""")

#: Last parts of dotted words that are files, classes or properties, not host names.
FILE_ENDINGS = _words("""
    exe dll sys bat cmd ps1 vbs js jsp php asp aspx py rb pl sh so ko c h cpp cc go rs java class jar war log
    txt md conf cfg ini xml json yml yaml html htm css png jpg jpeg gif svg ico pdf doc docx xls xlsx zip gz tar
    tgz rar iso img bin dat db sql tmp bak old pid sock lock service socket target timer mount slice scope
    properties pem key crt cer p12 ad
""")
