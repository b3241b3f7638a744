"""Templates of log sentences: literal text and named gaps, matched left to right by plain search (linear, no regex)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from loglm_bridge.telemetry.record import Field

_GAP = re.compile(r"\{(\w+)\}")
#: Longest text one gap may hold; a longer one means that the template does not fit.
_MAX_GAP = 4_000


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence: `literals[0]` opens the text, gap i stands between literal i and i+1; an empty last literal
    lets the last gap run to the end. A gap named `_` is not kept. `action` is the behaviour word, `mark` the longest
    literal: a text without it cannot match.
    """

    action: str
    names: tuple[str, ...]
    literals: tuple[str, ...]
    mark: str

    @classmethod
    def read(cls, action: str, text: str) -> Template:
        """Build a template of `Failed password for {user} from {src_ip}`."""
        parts = _GAP.split(text)
        return cls(action, tuple(parts[1::2]), tuple(parts[0::2]), max(parts[0::2], key=len))

    def match(self, text: str) -> Optional[list[Field]]:
        """Return the gaps' fields, None where the text is another sentence."""
        if not text.startswith(self.literals[0]):
            return None
        position = len(self.literals[0])
        fields: list[Field] = []
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            end = text.find(literal, position, position + _MAX_GAP) if literal else len(text)
            if end < 0:
                return None
            value = text[position:end].strip()
            if value and name != "_":
                fields.append((name, value))
            position = end + len(literal)
        return fields


class Templates:
    """A program's sentences, found by their first word."""

    def __init__(self, sentences: Sequence[tuple[str, str]]) -> None:
        """Take (action, sentence) pairs; of several that fit, the first counts."""
        self._by_word: dict[str, list[Template]] = {}
        self._open: list[Template] = []
        for action, sentence in sentences:
            template = Template.read(action, sentence)
            word, blank, _ = template.literals[0].partition(" ")
            (self._by_word.setdefault(word, []) if blank else self._open).append(template)

    def match(self, text: str) -> Optional[list[Field]]:
        """Return (action, ...) and the gaps' fields of the first sentence that fits."""
        word = text[:80].partition(" ")[0]
        for templates in (self._by_word.get(word, ()), self._open):
            for template in templates:
                fields = template.match(text) if template.mark in text else None
                if fields is not None:
                    return [("action", template.action), *fields] if template.action else fields
        return None


def read_table(table: Mapping[str, str]) -> dict[str, Templates]:
    """Build the templates of programs from text: one `action: sentence` a line."""
    out: dict[str, Templates] = {}
    for programs, lines in table.items():
        sentences = []
        for line in filter(None, map(str.strip, lines.splitlines())):
            action, _, sentence = line.partition(": ")
            sentences.append((action, sentence))
        templates = Templates(sentences)
        out.update(dict.fromkeys(programs.split(), templates))
    return out
