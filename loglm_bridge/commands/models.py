"""`loglm models`: list, check, sign, promote and roll back model folders."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loglm_bridge.commands.state_dir import add_state_dir
from loglm_bridge.contract.errors import ModelRefused
from loglm_bridge.model.folder.model_folder import ModelFolder
from loglm_bridge.model.folder.signature import sign, verify
from loglm_bridge.model.registry import ListedModel, Registry, check


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `loglm models list|check|promote|sign|rollback`."""
    parser.description = "Shows and changes the model that `loglm serve` and `loglm label` use unless one is named."
    add_state_dir(parser)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, action, text in (
        ("list", _list, "list the models of this machine; * marks the active one"),
        ("check", _check, "check that a folder can be served: every file, then the model's golden events"),
        ("promote", _promote, "copy a folder, check the copy and make it the active model"),
        ("sign", _sign, "sign a folder with a private key, for `loglm serve --require-signature`"),
        ("rollback", _rollback, "make the previously active model active again"),
    ):
        command = actions.add_parser(name, help=text, description=text)
        add_state_dir(command)
        if name == "check":
            command.add_argument("dir", type=Path, metavar="DIR", nargs="?", help="default: the active model's folder")
        elif name == "promote":
            command.add_argument("dir", type=Path, metavar="DIR", help="model folder")
        if name in ("check", "promote"):
            command.add_argument(
                "--require-signature", type=Path, metavar="FILE", help="public key (PEM, Ed25519) of a valid signature"
            )
        elif name == "sign":
            command.add_argument("dir", type=Path, metavar="DIR", help="model folder")
            command.add_argument("--key", type=Path, metavar="FILE", required=True, help="private key (PEM, Ed25519)")
        command.set_defaults(run=action)


def _list(_: argparse.Namespace) -> int:
    rows = [
        ("", "NAME", "VERSION", "SHA256", "STATE", "FOLDER"),
        *(_table_row(model) for model in Registry.of_user().list_models()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _table_row(model: ListedModel) -> tuple[str, ...]:
    identity = model.folder.id if model.folder else None
    return (
        "*" if model.active else "",
        identity.name if identity else "?",
        identity.version if identity else "?",
        identity.sha256[:12] if identity else "?",
        f"refused: {model.refusal}" if model.refusal else ("verified, shipped" if model.shipped else "verified"),
        str(model.path),
    )


def _check(args: argparse.Namespace) -> int:
    if args.dir is None:
        folder = check(Registry.of_user().active())
    else:
        with _candidate():
            folder = check(args.dir)
    if args.require_signature:
        verify(folder, args.require_signature)
    print(f"{folder.id}: {len(folder.files)} files as in the manifest, golden events as expected [{folder.path}]")
    return 0


def _promote(args: argparse.Namespace) -> int:
    with _candidate():
        if args.require_signature:
            verify(ModelFolder.open(args.dir), args.require_signature)
        folder = Registry.of_user().promote(args.dir)
    print(f"active: {folder}")
    print("Restart `loglm serve` to use it.")
    return 0


def _sign(args: argparse.Namespace) -> int:
    with _candidate():
        folder = sign(args.dir, args.key)
    print(f"signed: {folder.id} [{folder.path}]")
    return 0


def _rollback(_: argparse.Namespace) -> int:
    print(f"active: {Registry.of_user().rollback()}")
    print("Restart `loglm serve` to use it.")
    return 0


@contextmanager
def _candidate() -> Iterator[None]:
    """Correct the advice where a folder that is not active is refused: a rollback would drop the sound active one."""
    try:
        yield
    except ModelRefused as error:
        if error.hint == ModelRefused.hint:
            error.hint = "the active model has not changed; copy the folder again from its source, or export it again"
        raise
