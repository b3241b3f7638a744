"""The sidecar's token: a file, or one named entry of Splunk's password store. Never a conf file, never in a log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

from loglm_bridge.contract.errors import NoToken
from loglm_bridge.splunk.config.session import SplunkSession
from loglm_bridge.splunk.config.settings import Settings

__all__ = ["NAME", "REALM", "SplunkSession", "sidecar_token"]

REALM, NAME = "loglm_bridge", "sidecar"

#: Maximum seconds for splunkd to return the entry.
_SPLUNKD_SECONDS = 5

#: The characters that an Authorization header can carry.
_TOKEN = re.compile(r"\A[\x21-\x7e]{1,512}\Z")

#: Maximum bytes of a token file that are read; a wrong path may name any file.
_MAX_FILE = 4096


def sidecar_token(settings: Settings, session: Optional[SplunkSession]) -> str:
    """Return the sidecar's token: from `token_file` where that is set, else from storage/passwords.

    Reads one entry of the store by its name, with the rights of `session`, and no other entry.

    Raises:
        NoToken: there is none, or it may not be read; the message says which of the two.
    """
    token = _from_file(settings.token_file) if settings.token_file else _from_store(session, settings.splunkd_ca_file)
    if not _TOKEN.match(token):
        raise NoToken("the saved token is empty or contains invalid characters")
    return token


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(_MAX_FILE).strip()
    except OSError as error:
        raise NoToken(
            f"the token file cannot be read ({error.strerror})",
            where=str(path),
            hint="correct token_file in loglm.conf or the file's owner and mode",
        ) from error


def _from_store(session: Optional[SplunkSession], ca_file: Optional[Path]) -> str:
    if session is None or not session.uri or not session.key:
        raise NoToken("no token file is configured and Splunk gave no session to read storage/passwords with")
    # imported only here: it takes half as long as all that a search needs, and a token file needs none of it
    from ssl import SSLError

    from splunklib import binding
    from splunklib.client import AmbiguousReferenceException

    from loglm_bridge.splunk.config.splunkd_rest import SplunkdError, connect, error_of_call

    try:
        service = connect(session, _SPLUNKD_SECONDS, ca_file)
        return str(service.storage_passwords[f"{REALM}:{NAME}:"].clear_password or "").strip()
    except KeyError as error:
        raise NoToken("no token saved in storage/passwords") from error
    except AmbiguousReferenceException as error:
        raise NoToken("storage/passwords contains the token more than once", hint="delete all but one entry") from error
    except (binding.AuthenticationError, binding.HTTPError) as error:
        raise NoToken(
            "this user's role may not read the token in storage/passwords",
            hint="give the role list_storage_passwords, or set token_file in loglm.conf",
        ) from error
    except SplunkdError as error:
        raise NoToken(error.message, where=error.where, hint=error.hint) from error
    except SSLError as error:
        cause = error_of_call(error, "reading storage/passwords")
        raise NoToken(cause.message, hint=cause.hint) from error
    except OSError as error:
        raise NoToken("splunkd did not answer for storage/passwords", hint="try again or set token_file") from error
