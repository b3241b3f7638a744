"""The package's bill of materials, CycloneDX 1.6 JSON (ECMA-424): the same lock gives the same bytes."""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence

from app.assembly.lock import Pin


def write_sbom(version: str, pins: Sequence[Pin], requirements: Mapping[str, Sequence[str]]) -> str:
    """Return the document. `requirements` maps a distribution's name to the names of those it depends on.

    Where a distribution is there for several folders, those of the same folder depend on that one. Serial number and
    time are left out (both are optional), so that two builds are byte-identical.
    """
    app = f"pkg:generic/loglm_bridge@{version}"
    graph = {_purl(pin): sorted(_purl(_seen_from(pin, name, pins)) for name in requirements[pin.name]) for pin in pins}
    required = {ref for refs in graph.values() for ref in refs}
    graph[app] = sorted(set(graph) - required)
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": app,
                "name": "loglm_bridge",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": app,
            }
        },
        "components": [_component(pin) for pin in pins],
        "dependencies": [{"ref": ref, "dependsOn": graph[ref]} for ref in sorted(graph)],
    }
    return json.dumps(document, indent=2) + "\n"


def _seen_from(pin: Pin, name: str, pins: Sequence[Pin]) -> Pin:
    """Return the distribution `name` that `pin` finds: in its own folder, else in the first one."""
    found = [other for other in pins if other.name == name]
    return next((other for other in found if other.folder == pin.folder), found[0])


def _purl(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _component(pin: Pin) -> dict[str, Any]:
    licence = {"expression": pin.licence} if " " in pin.licence else {"license": {"id": pin.licence}}
    return {
        "type": "library",
        "bom-ref": _purl(pin),
        "name": pin.name,
        "version": pin.version,
        "hashes": [{"alg": "SHA-256", "content": pin.sha256}],
        "licenses": [licence],
        "purl": _purl(pin),
    }
