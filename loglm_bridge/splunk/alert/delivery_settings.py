"""The way of delivery that an alert asks for, with the settings of loglm.conf that only an administrator can write.

If the address of the event collector were a setting of the alert, anyone who may edit alerts could have its token sent
to any host.
"""

from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path

from splunklib.client import Service

from loglm_bridge.contract.errors import ConfigError, NoToken
from loglm_bridge.splunk.alert.collector import Collector
from loglm_bridge.splunk.alert.collector_reply import HEC_NAME, SAVE_TOKEN
from loglm_bridge.splunk.alert.delivery import Delivery
from loglm_bridge.splunk.alert.receivers import Receivers
from loglm_bridge.splunk.config import value_parsers
from loglm_bridge.splunk.config.credentials import REALM
from loglm_bridge.splunk.config.settings import CONF, conf_files, conf_path, sidecar_url
from loglm_bridge.splunk.config.splunkd_rest import CALL_ERRORS

#: Maximum of retry_seconds: `maxtime` of the action is ten minutes.
_MAX_RETRY_SECONDS = 480


def delivery_of(name: str, app: Path, service: Service) -> Delivery:
    """Return the delivery `receivers` or `hec`.

    Raises:
        ConfigError: a setting is missing or invalid.
        NoToken: the event collector's token is not saved, or may not be read.
    """
    conf = conf_files(app)
    seconds = _retry_seconds(conf)
    if name == "receivers":
        return Receivers(service, seconds)
    text = conf.get("hec", "url", fallback="").strip()
    if not text:
        raise ConfigError("[hec] url is empty", where=CONF, hint="set it, or set delivery = receivers")
    try:
        url = sidecar_url(text)
    except ValueError as error:
        raise ConfigError(f"[hec] url must be {error}", where=CONF) from error
    ca_file = conf_path(app, conf.get("hec", "ca_file", fallback="").strip())
    if ca_file and not os.access(ca_file, os.R_OK):
        raise ConfigError("[hec] ca_file cannot be read", where=str(ca_file))
    return Collector(url, _hec_token(service), ca_file, seconds)


def _retry_seconds(conf: ConfigParser) -> float:
    try:
        return value_parsers.number(conf.get("delivery", "retry_seconds").strip(), 0, _MAX_RETRY_SECONDS)
    except ValueError as error:
        raise ConfigError(f"[delivery] retry_seconds must be {error}", where=CONF) from error


def _hec_token(service: Service) -> str:
    try:
        token = str(service.storage_passwords[f"{REALM}:{HEC_NAME}:"].clear_password or "").strip()
    except KeyError as error:
        raise NoToken("no token of the event collector is saved", hint=SAVE_TOKEN) from error
    except CALL_ERRORS as error:
        raise NoToken("the token of the event collector may not be read", hint=SAVE_TOKEN) from error
    if not token.isascii() or not token.isprintable() or not token:
        raise NoToken("the saved token of the event collector is empty or invalid", hint=SAVE_TOKEN)
    return token
