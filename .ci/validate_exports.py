"""Validates exports with other people's software: validate_exports.py OCSF_LINES NAVIGATOR_LAYER.

OCSF: the schema of ocsf-json-schema (OCSF's own export of 1.5.0; what it calls deprecated counts as an error) and the
models of py-ocsf-models. Navigator: mitreattack-python, which must give the layer back as it was.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from mitreattack.navlayers import Layer
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from pydantic import ValidationError

VERSION = "1.5.0"


def ocsf(path: Path) -> Iterator[str]:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=VERSION)).get_class_schema("detection_finding")
    checker = jsonschema.Draft202012Validator(current(schema))
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    for count, line in enumerate(lines, start=1):
        for error in checker.iter_errors(json.loads(line)):
            yield f"line {count}: {error.json_path}: {error.message[:200]}"
        try:
            DetectionFinding.model_validate_json(line)
        except ValidationError as error:
            yield f"line {count}: {error}"


def current(schema: Any) -> Any:
    """Return the schema without the attributes that it calls deprecated."""
    if isinstance(schema, list):
        return [current(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: part for name, part in schema.items() if not (isinstance(part, dict) and part.get("deprecated"))}
    return {name: current(part) for name, part in kept.items()}


def navigator(path: Path) -> Iterator[str]:
    written = json.loads(path.read_text(encoding="utf-8"))
    read = Layer(written, strict=True).to_dict()
    if read is None:
        yield "not a layer"
        return
    for name in ("name", "domain", "versions", "sorting"):
        if read.get(name) != written[name]:
            yield f"{name}: {read.get(name)!r} instead of {written[name]!r}"
    if not written["techniques"] or read.get("techniques") != written["techniques"]:
        yield f"techniques: {read.get('techniques')} instead of {written['techniques']}"


def main() -> int:
    lines, layer = map(Path, sys.argv[1:])
    problems = [
        f"{path.name}: {problem}" for check, path in ((ocsf, lines), (navigator, layer)) for problem in check(path)
    ]
    print("\n".join(problems) or f"{lines.name} and {layer.name} are what their readers demand")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
