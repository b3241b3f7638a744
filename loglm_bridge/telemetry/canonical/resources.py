"""Cloud resource names: the kind of resource is kept, the name becomes {name}."""

from __future__ import annotations

import re

from loglm_bridge.telemetry.canonical import identity, placeholders

NAME = "{name}"
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::[^:]*:(root|user|role|assumed-role|federated-user)\b")
_MAX_RESOURCE = 600
_MAX_PARTS = 24

#: Beginnings of resource names, in lower case; the last four open paths of alternating kinds and names (Google Cloud).
_BEGINNINGS = ("arn:", "/subscriptions/", "projects/", "organizations/", "folders/", "namespaces/")


def is_resource(text: str) -> bool:
    """Return whether a value is an ARN, an Azure resource id or a Google Cloud resource name."""
    return text[:20].lower().startswith(_BEGINNINGS)


def resource(value: str) -> str:
    """Return a resource's kind: `arn:aws:iam::123456789012:role/deploy` -> `arn:aws:iam:role/{name}`,
    `/subscriptions/../providers/Microsoft.KeyVault/vaults/v1` -> `microsoft.keyvault/vaults/{name}`,
    `projects/p1/zones/z/instances/i` -> `projects/{name}/zones/{name}/instances/{name}`.

    Names that the provider owns (`arn:aws:iam::aws:policy/AdministratorAccess`) are kept.
    """
    text = placeholders.escape(value[:_MAX_RESOURCE].strip()).lower()
    if text.startswith("arn:"):
        return _arn(text)
    if text.startswith("/subscriptions/"):
        provider = text.rpartition("/providers/")[2]
        parts = provider.split("/")[:_MAX_PARTS]
        return "/".join([*parts[:1], *(p if i % 2 == 0 else NAME for i, p in enumerate(parts[1:]))])
    parts = text.split("/")[:_MAX_PARTS]
    return "/".join(p if i % 2 == 0 else NAME for i, p in enumerate(parts))


def _arn(text: str) -> str:
    parts = text.split(":", 5)
    if len(parts) < 6:
        return identity.mask(text)
    service, account, name = parts[2], parts[4], parts[5]
    if account == "aws" or name == "root" or name == "*":
        return f"arn:aws:{service}:{name}"
    kind, separator, _ = name.partition("/") if "/" in name else name.partition(":")
    return f"arn:aws:{service}:{kind}{separator}{NAME}" if separator else f"arn:aws:{service}:{NAME}"


def principal(text: str) -> str:
    """Return what a lower-case AWS principal is: root, {user} or {role}."""
    match = _PRINCIPAL.match(text)
    kind = match[1] if match else ""
    if kind == "root":
        return "root"
    return "{role}" if kind in ("role", "assumed-role") else placeholders.USER
