"""Cosmetic rewrites of command lines: changes after which a pattern fails and the command still works.

The rewrites follow Bohannon ("Invoke-DOSfuscation", 2018) and Beukema ("Windows command-line obfuscation", 2021). They
leave encoded text and addresses unchanged, since changes to these would change the command.
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

#: A word that may be changed: a few letters, as in a command or a long option.
_WORD = re.compile(r"(?<![\w$%{@])[A-Za-z]{4,24}(?![\w:(])")

#: Options of PowerShell -> other spellings.
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
_BOTH_SIGNS = re.compile(
    r"\b(certutil|wmic|whoami|nltest|ping|msiexec|regsvr32|taskkill|tasklist|ipconfig)\b", re.IGNORECASE
)
_SLASH = re.compile(r"(?<=\s)([/-])(?=[A-Za-z?]{1,12}\b)")

_XML_COMMAND = re.compile(rf"(<Data Name=(['\"])(?:{'|'.join(COMMAND_FIELDS)})\2>)(.*?)(</Data>)", re.DOTALL)


def mixed_case(command: str, rng: random.Random) -> str:
    """Write words in random case: wHOaMi. Windows programs and PowerShell ignore case."""
    return _words(command, lambda word: "".join(rng.choice((c.lower(), c.upper())) for c in word))


def quotes(command: str, rng: random.Random) -> str:
    """Insert an empty pair of quotes into words: who""ami. The argument parser of the C runtime removes it."""
    if '"' in command:
        return command  # inside quotes a pair would be two literal quotes
    return _words(command, lambda word: _insert(word, '""', rng))


def carets(command: str, rng: random.Random) -> str:
    """Insert carets into the command that cmd runs: cmd /c w^hoami. cmd removes carets outside quotes."""
    head, mark, tail = _partition(r"\bcmd(?:\.exe)?\"?\s.*?/[ck]\s", command)
    return head + mark + (_words(tail, lambda word: _insert(word, "^", rng)) if mark and '"' not in tail else tail)


def backticks(command: str, rng: random.Random) -> str:
    """Insert backticks into the command that PowerShell runs: In`voke-Expression. Most letters allow it."""
    head, mark, tail = _partition(r"\b(?:powershell|pwsh)(?:\.exe)?\"?\s.*?-c(?:ommand)?\s", command)
    if not mark or '"' in tail or "'" in tail:
        return command
    return head + mark + _words(tail, lambda word: _insert(word, "`", rng, before="cdghijklmopqswyzCDGHIJKLMOPQSWYZ"))


def flag_synonyms(command: str, rng: random.Random) -> str:
    """Use other spellings of PowerShell's options: it accepts any unambiguous prefix."""
    if not re.search(r"\b(?:powershell|pwsh)\b", command, re.IGNORECASE):
        return command

    def synonym(match: re.Match[str]) -> str:
        return "-" + rng.choice(_SYNONYMS.get(match[1].lower(), (match[1],)))

    return _OPTION.sub(synonym, command)


def option_signs(command: str, _: random.Random) -> str:
    """Swap / and - before options, for native programs that accept both."""
    if not _BOTH_SIGNS.search(command):
        return command
    return _SLASH.sub(lambda m: "-" if m[1] == "/" else "/", command)


def path_variants(command: str, rng: random.Random) -> str:
    r"""Insert a detour into paths: C:\Windows\.\System32, or a doubled separator."""
    return re.sub(r"(?<=\w)\\(?=\w)", lambda _: rng.choice(("\\", "\\.\\", "\\\\")), command)


def blanks(command: str, rng: random.Random) -> str:
    """Insert blanks between arguments."""
    if '"' in command:
        return command
    return re.sub(r"(?<=\S) (?=\S)", lambda _: " " * rng.choice((1, 2, 3)), command)


#: All rewrites by name.
REWRITES: Mapping[str, Rewrite] = {
    rewrite.__name__: rewrite
    for rewrite in (mixed_case, quotes, carets, backticks, flag_synonyms, option_signs, path_variants, blanks)
}


def rewritten(raw: str, rewrite: Rewrite, rng: random.Random) -> str | None:
    """Return a raw event (Windows event XML or flat JSON) with its command line rewritten.

    Return None if there is no command line, or if the rewrite does not change it.
    """
    changed = _in_json(raw, rewrite, rng) if raw.lstrip().startswith("{") else _in_xml(raw, rewrite, rng)
    return None if changed == raw else changed


def _in_xml(raw: str, rewrite: Rewrite, rng: random.Random) -> str:
    def replacement(match: re.Match[str]) -> str:
        command = unescape(match[3])
        changed = rewrite(command, rng)
        return match[0] if changed == command else match[1] + escape(changed, quote=False) + match[4]

    return _XML_COMMAND.sub(replacement, raw)


def _in_json(raw: str, rewrite: Rewrite, rng: random.Random) -> str:
    try:
        event = json.loads(raw)
    except ValueError:
        return raw
    commands = {name: event[name] for name in COMMAND_FIELDS if isinstance(event.get(name), str)}
    changed = {name: rewrite(value, rng) for name, value in commands.items()}
    return raw if changed == commands else json.dumps(event | changed)


def _words(command: str, change: Callable[[str], str]) -> str:
    return _WORD.sub(lambda match: change(match[0]), command)


def _insert(word: str, noise: str, rng: random.Random, before: str = "") -> str:
    """Insert `noise` at a random index of a word; with `before`, in front of one of these letters."""
    indices = [i for i in range(1, len(word)) if not before or word[i] in before]
    if not indices:
        return word
    index = rng.choice(indices)
    return word[:index] + noise + word[index:]


def _partition(pattern: str, command: str) -> tuple[str, str, str]:
    """Return the text before, of and behind the first match; without a match all text is behind."""
    match = re.search(pattern, command, re.IGNORECASE)
    return (command[: match.start()], match[0], command[match.end() :]) if match else ("", "", command)
