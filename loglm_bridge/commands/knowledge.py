"""`loglm knowledge`: check, count and render detection content (rules with examples and ordinary twins)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loglm_bridge.contract.errors import ConfigError

if TYPE_CHECKING:
    from loglm_bridge.knowledge.rule import KnowledgeRule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands of `loglm knowledge`."""
    parser.description = (
        "Detection content is Sigma rules with two lists more: examples, events that a rule must match, and ordinary, "
        "twins that it must not. Without FILE the content that ships is meant."
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = actions.add_parser("check", help="check rules: each example matches, no twin does; exit code 1 if not")
    _files(check)
    check.set_defaults(run=_check)
    coverage = actions.add_parser("coverage", help="count rules, examples and techniques by log family")
    _files(coverage)
    coverage.add_argument("--navigator", type=Path, metavar="FILE", help="also write an ATT&CK Navigator layer")
    coverage.add_argument("--uncovered", action="store_true", help="list techniques that fewer than two rules name")
    coverage.set_defaults(run=_coverage)
    rendered = actions.add_parser("render", help="write the examples as events: JSON lines as `loglm label` reads them")
    _files(rendered)
    rendered.add_argument("--draws", type=int, default=1, metavar="N", help="drawings of each example; default: 1")
    rendered.add_argument("--seed", default="1", help="what the drawings depend on; default: 1")
    rendered.set_defaults(run=_render)


def _files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders of rules")


def _paths(files: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield (file, root): the first folder below the root is a rule's family."""
    from loglm_bridge.knowledge.loader import RULES

    for chosen in files or [RULES]:
        if chosen.is_dir():
            root = RULES if chosen.is_relative_to(RULES) else chosen
            yield from ((path, root) for path in sorted(chosen.rglob("*.yml")))
        elif chosen.is_file():
            yield chosen, RULES if chosen.is_relative_to(RULES) else chosen.parent
        else:
            raise ConfigError("there is no such file", where=str(chosen), hint="name files or folders of rules")


def _rules(files: list[Path]) -> list[KnowledgeRule]:
    from loglm_bridge.knowledge.loader import rules_of

    return [rule for path, root in _paths(files) for rule in rules_of(path, root)]


def _check(args: argparse.Namespace) -> int:
    from loglm_bridge.knowledge.check import check_file, duplicate_names
    from loglm_bridge.knowledge.rendering.shapes import Shapes

    shapes, rules, problems = Shapes.load(), [], []
    for path, root in _paths(args.files):
        read, wrong = check_file(path, root, shapes)
        rules += read
        problems += wrong
    problems += duplicate_names(rules)
    for problem in problems:
        print(f"{problem.where}: {problem.text}")
    print(f"{len(rules):,} rules, {len(problems):,} problems", file=sys.stderr)
    return 1 if problems else 0


def _coverage(args: argparse.Namespace) -> int:
    from loglm_bridge.knowledge import coverage

    rules = _rules(args.files)
    print(coverage.table(coverage.by_family(rules)))
    if args.uncovered:
        print("\n".join(coverage.uncovered(rules)))
    if args.navigator:
        args.navigator.write_text(json.dumps(coverage.navigator_layer(rules)) + "\n", encoding="utf-8")
    return 0


def _render(args: argparse.Namespace) -> int:
    from loglm_bridge.knowledge.rendering.render import rendered
    from loglm_bridge.knowledge.rendering.shapes import Shapes

    for one in rendered(_rules(args.files), Shapes.load(), args.draws, args.seed):
        event = one.event
        row: dict[str, Any] = {"id": f"{one.rule.name}-{one.number}", "raw": event.raw, "sourcetype": event.sourcetype}
        row |= {"source": event.source, "time": event.time, "label": "ordinary" if one.ordinary else one.rule.level}
        print(json.dumps({**row, "techniques": list(one.rule.techniques)}, ensure_ascii=False))
    return 0
