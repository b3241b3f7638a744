"""Templates of log sentences: literals and named gaps, matched from left to right by plain search (linear time)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from loglm_bridge.telemetry.record import Field

_GAP = re.compile(r"\{(\w+)\}")
#: Longest text that a gap matches.
_MAX_GAP = 4_000


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence: the text begins with `literals[0]`, gap i is between literals i and i + 1.

    An empty last literal extends the last gap to the end. The gap `_` is dropped. `action` is the behaviour that the
    sentence reports, `longest_literal` a text that every match contains.
    """

    action: str
    names: tuple[str, ...]
    literals: tuple[str, ...]
    longest_literal: str

    @classmethod
    def parse(cls, action: str, text: str) -> Template:
        """Return the template of a text such as `Failed password for {user} from {src_ip}`."""
        parts = _GAP.split(text)
        return cls(action, tuple(parts[1::2]), tuple(parts[0::2]), max(parts[0::2], key=len))

    def match(self, text: str) -> Optional[list[Field]]:
        """Return the fields in the gaps, None where the text is another sentence."""
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
    """A program's sentences, indexed by their first word."""

    def __init__(self, sentences: Sequence[tuple[str, str]]) -> None:
        """Take (action, sentence) pairs; of several that match, the first wins."""
        self._by_first_word: dict[str, list[Template]] = {}
        self._without_first_word: list[Template] = []
        for action, sentence in sentences:
            template = Template.parse(action, sentence)
            word, blank, _ = template.literals[0].partition(" ")
            (self._by_first_word.setdefault(word, []) if blank else self._without_first_word).append(template)

    def match(self, text: str) -> Optional[list[Field]]:
        """Return the action and the fields of the first sentence that matches, None where none does."""
        word = text[:80].partition(" ")[0]
        for templates in (self._by_first_word.get(word, ()), self._without_first_word):
            for template in templates:
                fields = template.match(text) if template.longest_literal in text else None
                if fields is not None:
                    return [("action", template.action), *fields] if template.action else fields
        return None


def parse_table(table: Mapping[str, str]) -> dict[str, Templates]:
    """Return program -> templates of a table: blank-separated programs -> lines of `action: sentence`."""
    by_program: dict[str, Templates] = {}
    for programs, lines in table.items():
        sentences = []
        for line in filter(None, map(str.strip, lines.splitlines())):
            action, _, sentence = line.partition(": ")
            sentences.append((action, sentence))
        by_program.update(dict.fromkeys(programs.split(), Templates(sentences)))
    return by_program
