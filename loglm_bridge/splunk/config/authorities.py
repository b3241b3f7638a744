"""The public certificate authorities. A module of its own, because all that makes TLS connections imports it."""

from __future__ import annotations


def public_authorities() -> str:
    """Return the file of certificate authorities that `requests` ships; Splunk's Python may have none."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return str(DEFAULT_CA_BUNDLE_PATH)
