"""`loglm models`: list, check, promote and roll back model folders."""

from __future__ import annotations

import argparse
from pathlib import Path

from loglm_bridge.model.registry import ListedModel, Registry, check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm models list|check|promote|rollback`."""
    parser.description = "Shows and changes the model that `loglm serve` and `loglm label` use unless one is named."
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    actions.add_parser("list", help="models that lie here; * is the active one").set_defaults(run=_list)
    for name, action, text in (
        ("check", _check, "prove that a folder can be served: every file, then the model's golden events"),
        ("promote", _promote, "copy a folder, prove the copy and make it the active model"),
    ):
        command = actions.add_parser(name, help=text)
        command.add_argument(
            "dir", type=Path, metavar="DIR", nargs="?" if name == "check" else None, help="model folder"
        )
        command.set_defaults(run=action)
    actions.add_parser("rollback", help="make the model active that was before").set_defaults(run=_rollback)


def _list(_: argparse.Namespace) -> int:
    rows = [
        ("", "NAME", "VERSION", "SHA256", "STATE", "FOLDER"),
        *(_row(found) for found in Registry.of_user().list_models()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _row(found: ListedModel) -> tuple[str, ...]:
    identity = found.folder.id if found.folder else None
    return (
        "*" if found.active else "",
        identity.name if identity else "?",
        identity.version if identity else "?",
        identity.sha256[:12] if identity else "?",
        f"refused: {found.refusal}" if found.refusal else ("verified, shipped" if found.shipped else "verified"),
        str(found.path),
    )


def _check(args: argparse.Namespace) -> int:
    folder = check(args.dir or Registry.of_user().active())
    print(f"{folder.id}: {len(folder.files)} files as in the manifest, golden events as expected [{folder.path}]")
    return 0


def _promote(args: argparse.Namespace) -> int:
    print(f"active: {Registry.of_user().promote(args.dir)}")
    print("Restart `loglm serve` to use it.")
    return 0


def _rollback(_: argparse.Namespace) -> int:
    print(f"active: {Registry.of_user().rollback()}")
    print("Restart `loglm serve` to use it.")
    return 0
