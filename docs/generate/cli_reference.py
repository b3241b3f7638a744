"""The command line, from its argparse declarations."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from docs.generate.markdown import code, sentence, table
from loglm_bridge import cli
from loglm_bridge.sidecar import server

#: Exit code -> what it means.
_EXIT_CODES = {
    0: "Done. The demo: every event came back, in order, with an answer. The sidecar: it was told to stop.",
    cli.OTHER_ERROR: "An error that is neither of those below. Its message says what to do.",
    cli.USAGE_ERROR: "An option or a setting cannot be used.",
    server.GIVEN_UP: "`loglm serve`: the model failed again and again, and the sidecar gave up.",
    cli.MODEL_REFUSED: "The model folder was refused. Starting again does not help.",
    cli.INTERRUPTED: "Interrupted with Ctrl-C.",
}


def commands() -> str:
    """Return every subcommand that is no training stage."""
    return "\n\n".join(_command(name) for name in cli.COMMANDS)


def stages() -> str:
    """Return every stage of the training pipeline."""
    return "\n\n".join(_command(name) for name in cli.STAGES)


def exit_codes() -> str:
    """Return the table of exit codes."""
    return table(["code", "meaning"], ([str(number), meaning] for number, meaning in sorted(_EXIT_CODES.items())))


def _command(name: str) -> str:
    actions = cli._parser([name])._actions
    parser = next(action.choices[name] for action in actions if isinstance(action, argparse._SubParsersAction))
    return "\n\n".join(_sections(f"loglm {name}", parser, 3))


def _sections(title: str, parser: argparse.ArgumentParser, level: int, meaning: str = "") -> Iterator[str]:
    yield f"{'#' * level} {title}"
    if parser.description or meaning:
        yield sentence(parser.description or meaning)
    rows = [row for action in parser._actions if (row := _row(action, parser))]
    if rows:
        yield table(["argument", "meaning"], rows)
    if parser.epilog:
        yield sentence(parser.epilog)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            meanings = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, nested in action.choices.items():
                yield from _sections(f"{title} {name}", nested, level + 1, meanings[name])


def _row(action: argparse.Action, parser: argparse.ArgumentParser) -> list[str] | None:
    if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
        return None
    meaning = _portable(parser._get_formatter()._expand_help(action) if action.help else "")
    if action.required and action.option_strings:
        meaning += " (required)"
    return [code(_signature(action)), sentence(meaning)]


def _signature(action: argparse.Action) -> str:
    shown = action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else action.dest.upper())
    value = shown if isinstance(shown, str) else " ".join(shown)
    if not action.option_strings:
        return {"*": f"[{value} ...]", "+": f"{value} ...", "?": f"[{value}]"}.get(str(action.nargs), value)
    return action.option_strings[-1] + ("" if action.nargs == 0 else f" {value}")


def _portable(text: str) -> str:
    """Return a help text with the home folder of whoever generates it as `~`."""
    return re.sub(re.escape(str(Path.home())) + r"(?=/)", "~", text)
