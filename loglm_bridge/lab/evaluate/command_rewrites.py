"""Cosmetic rewrites of command lines: what an attacker changes so that a pattern fails and the command still works.

After the notes on command-line obfuscation by Bohannon ("Invoke-DOSfuscation", 2018) and Beukema ("Windows command-line
obfuscation", 2021). Every rewrite leaves encoded text and addresses alone: changing those changes the command.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from html import escape, unescape

Rewrite = Callable[[str, random.Random], str]

#: Fields of an event that hold the command line of the process it is about.
COMMAND_FIELDS = ("CommandLine", "ProcessCommandLine", "Process_Command_Line", "process_command_line")

#: A word that may be changed: letters, no more than a long option has.
_WORD = re.compile(r"(?<![\w$%{@])[A-Za-z]{4,24}(?![\w:(])")

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "encodedcommand": ("enc", "ec", "e", "EncodedC"),
    "enc": ("e", "EncodedCommand", "encod"),
    "noprofile": ("nop", "noprof"),
    "nop": ("NoProfile", "noprof"),
    "executionpolicy": ("ep", "exec", "ex"),
    "exec": ("ep", "ExecutionPolicy"),
    "ep": ("exec", "ExecutionPolicy"),
    "windowstyle": ("w", "win", "wind"),
    "w": ("WindowStyle", "win"),
    "noninteractive": ("noni", "nonint"),
    "noni": ("NonInteractive",),
    "command": ("c", "comm"),
}
_OPTION = re.compile(r"(?<=\s)-([A-Za-z]+)(?=\s)")

#: Native programs that read options after - as well as after /.
_EITHER_SIGN = re.compile(
    r"\b(certutil|wmic|whoami|nltest|ping|msiexec|regsvr32|taskkill|tasklist|ipconfig)\b", re.IGNORECASE
)
_SLASH = re.compile(r"(?<=\s)([/-])(?=[A-Za-z?]{1,12}\b)")

_XML_COMMAND = re.compile(rf"(<Data Name=(['\"])(?:{'|'.join(COMMAND_FIELDS)})\2>)(.*?)(</Data>)", re.DOTALL)


def mixed_case(command: str, rng: random.Random) -> str:
    """Letters of words in random case: wHOaMi. Windows programs and PowerShell compare without case."""
    return _words(command, lambda word: "".join(rng.choice((c.lower(), c.upper())) for c in word))


def quotes(command: str, rng: random.Random) -> str:
    """An empty pair of quotes inside words: who""ami. The argument parser of the C runtime drops it."""
    if '"' in command:
        return command  # inside quotes a pair would be two literal quotes
    return _words(command, lambda word: _inserted(word, '""', rng))


def carets(command: str, rng: random.Random) -> str:
    """Carets inside what cmd runs: cmd /c w^hoami. cmd drops a caret outside quotes."""
    head, mark, tail = _parted(r"\bcmd(?:\.exe)?\"?\s.*?/[ck]\s", command)
    return head + mark + (_words(tail, lambda word: _inserted(word, "^", rng)) if mark and '"' not in tail else tail)


def backticks(command: str, rng: random.Random) -> str:
    """Backticks inside what PowerShell runs: In`voke-Expression. Before most letters PowerShell drops them."""
    head, mark, tail = _parted(r"\b(?:powershell|pwsh)(?:\.exe)?\"?\s.*?-c(?:ommand)?\s", command)
    if not mark or '"' in tail or "'" in tail:
        return command
    return head + mark + _words(tail, lambda word: _inserted(word, "`", rng, before="cdghijklmopqswyzCDGHIJKLMOPQSWYZ"))


def flag_synonyms(command: str, rng: random.Random) -> str:
    """Other spellings of PowerShell's options: any unambiguous prefix is accepted."""
    if not re.search(r"\b(?:powershell|pwsh)\b", command, re.IGNORECASE):
        return command

    def other(match: re.Match[str]) -> str:
        return "-" + rng.choice(_SYNONYMS.get(match[1].lower(), (match[1],)))

    return _OPTION.sub(other, command)


def option_signs(command: str, _: random.Random) -> str:
    """Options after the other of / and -, for native programs that read both."""
    if not _EITHER_SIGN.search(command):
        return command
    return _SLASH.sub(lambda m: "-" if m[1] == "/" else "/", command)


def path_variants(command: str, rng: random.Random) -> str:
    r"""A detour in paths: C:\Windows\.\System32, or a doubled separator."""
    return re.sub(r"(?<=\w)\\(?=\w)", lambda _: rng.choice(("\\", "\\.\\", "\\\\")), command)


def blanks(command: str, rng: random.Random) -> str:
    """More blanks between arguments."""
    if '"' in command:
        return command
    return re.sub(r"(?<=\S) (?=\S)", lambda _: " " * rng.choice((1, 2, 3)), command)


REWRITES: Mapping[str, Rewrite] = {
    rewrite.__name__: rewrite
    for rewrite in (mixed_case, quotes, carets, backticks, flag_synonyms, option_signs, path_variants, blanks)
}


def rewritten(raw: str, rewrite: Rewrite, rng: random.Random) -> str | None:
    """Return a raw event (Windows event XML or flat JSON) with its command line rewritten.

    None where there is no command line, or the rewrite leaves it as it is.
    """
    changed = _in_json(raw, rewrite, rng) if raw.lstrip().startswith("{") else _in_xml(raw, rewrite, rng)
    return None if changed == raw else changed


def _in_xml(raw: str, rewrite: Rewrite, rng: random.Random) -> str:
    def other(match: re.Match[str]) -> str:
        command = unescape(match[3])
        changed = rewrite(command, rng)
        return match[0] if changed == command else match[1] + escape(changed, quote=False) + match[4]

    return _XML_COMMAND.sub(other, raw)


def _in_json(raw: str, rewrite: Rewrite, rng: random.Random) -> str:
    try:
        event = json.loads(raw)
    except ValueError:
        return raw
    found = {name: event[name] for name in COMMAND_FIELDS if isinstance(event.get(name), str)}
    changed = {name: rewrite(value, rng) for name, value in found.items()}
    return raw if changed == found else json.dumps(event | changed)


def _words(command: str, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda match: change(match[0]), command)


def _inserted(word: str, noise: str, rng: random.Random, before: str = "") -> str:
    places = [i for i in range(1, len(word)) if not before or word[i] in before]
    if not places:
        return word
    place = rng.choice(places)
    return word[:place] + noise + word[place:]


def _parted(pattern: str, command: str) -> tuple[str, str, str]:
    match = re.search(pattern, command, re.IGNORECASE)
    return (command[: match.start()], match[0], command[match.end() :]) if match else ("", "", command)
