"""Web servers, proxies and gateways: whose JSON is an access log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Optional


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Names under which servers write method, path and status of a request (lower case).
METHODS = _words("""
    method http_method request.method requestmethod httprequest.requestmethod cs-method request_method http.method
    http.http_method clientrequestmethod downstreammethod verb http.request.method httpmethod cs_method
    x-envoy-original-method request.http_method reqmethod
""")
PATHS = _words("""
    uri path url request.uri requestpath http.url httprequest.requesturl cs-uri-stem request_uri clientrequesturi
    clientrequestpath url.path url.original http_path x-envoy-origin-path request.path requesturi request reqpath
    properties.requesturi properties.originalrequesturiwithargs
""")
STATUSES = _words("""
    status status_code sc-status response.status http.status httprequest.status downstreamstatus response_code
    edgeresponsestatus originstatus http.response.status_code httpstatus statuscode http_status resp_status
    properties.httpstatus properties.httpstatuscode
""")


def classify(fields: Mapping[str, str]) -> Optional[tuple[str, str]]:
    """Return ("web", "access") where flattened JSON (lower-case names) tells of one HTTP request, else None."""
    names = fields.keys()
    if METHODS.isdisjoint(names) or PATHS.isdisjoint(names):
        return None
    return ("web", "access") if not STATUSES.isdisjoint(names) else None
