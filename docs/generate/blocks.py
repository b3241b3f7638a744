"""Generated blocks of Markdown pages: where they stand, and which function writes each.

A block begins with `<!-- generated: NAME -->` and ends with `<!-- /generated -->`; the lines between are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from docs.generate import (
    app_reference,
    cli_reference,
    demo,
    errors_reference,
    evaluation,
    evaluation_text,
    http_reference,
    knowledge,
    settings,
)

#: Block name -> the function that returns its Markdown.
BLOCKS: Mapping[str, Callable[[], str]] = {
    "appinspect": app_reference.accepted_warnings,
    "cli": cli_reference.commands,
    "cli-stages": cli_reference.stages,
    "conf-alert": settings.alert_spec,
    "conf-inputs": settings.inputs_spec,
    "conf-loglm": settings.loglm_spec,
    "conf-savedsearches": settings.savedsearches_spec,
    "demo": demo.table,
    "errors-client": errors_reference.client_errors,
    "errors-http": errors_reference.http_errors,
    "errors-local": errors_reference.local_errors,
    "evaluation-calibration": evaluation.calibration,
    "evaluation-exam": evaluation.exam,
    "evaluation-evasion": evaluation.evasion,
    "evaluation-findings": evaluation_text.findings,
    "evaluation-flows": evaluation.flows,
    "evaluation-incidents": evaluation.incidents,
    "evaluation-model": evaluation.model,
    "evaluation-scale": evaluation.scale,
    "evaluation-table": evaluation.headline,
    "evaluation-thresholds": evaluation.thresholds,
    "exit-codes": cli_reference.exit_codes,
    "http-event": http_reference.event_keys,
    "http-example": http_reference.example,
    "http-limits": http_reference.limits,
    "http-metrics": http_reference.metrics,
    "http-options": http_reference.options,
    "http-results": http_reference.results,
    "knowledge-counts": knowledge.counts,
    "limits": evaluation_text.limits,
    "macros": app_reference.macros,
    "saved-searches": app_reference.saved_searches,
    "sidecar-settings": settings.sidecar,
}

_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


def pages(root: Path) -> list[Path]:
    """Return the Markdown pages of the project that may hold blocks."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]


def rendered(text: str) -> str:
    """Return a page with all of its blocks written anew. Raises KeyError for a block that nothing writes."""
    return _BLOCK.sub(lambda match: f"{match[1]}\n{_content(match[2])}\n\n{match[3]}", text)


def names(text: str) -> Iterator[str]:
    """Yield the names of the blocks of a page."""
    return (match[2] for match in _BLOCK.finditer(text))


@cache
def _content(name: str) -> str:
    return BLOCKS[name]().strip("\n")
