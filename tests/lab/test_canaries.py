"""No raw line and no host or user name of the training data can be read from the shipped model.

Canaries are taken from the data where it is at hand: names of accounts and hosts that public rules, commands and ATT&CK
do not use as words, and stretches of raw lines.
"""

import gzip
import json
import re
import tarfile
from pathlib import Path

import pytest

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.lab.cli import SAMPLES
from loglm_bridge.lab.data import identity_names
from loglm_bridge.lab.data.corpus import NOT_TELEMETRY
from loglm_bridge.lab.data.sources import data_files, read_events
from loglm_bridge.model.folder.model_folder import GOLDEN
from loglm_bridge.model.registry import default_folder
from loglm_bridge.telemetry import parse_record

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the training data is not here")

#: One event in so many is looked at, and one in so many of those gives a stretch of its raw text.
EVERY, EVERY_LINE = 20, 50
#: Characters of a canary name, and of a stretch of a raw line.
NAME, STRETCH = 6, 40

_WORD = re.compile(rf"[a-z0-9_\-]{{{NAME},}}")
#: Control tokens of the tokenizer: names of fields and kinds, no values.
_CONTROL = re.compile(rb'"\[[fk]:[^"]*"')
_PIECE = re.compile(_WORD.pattern.encode())


@pytest.fixture(scope="module")
def canaries():
    """Names, by the number of sources that show them, and stretches of raw lines."""
    sources, texts, stretches = {}, {}, []
    for path in data_files(DATA):
        if path.name.split(".")[0] in NOT_TELEMETRY:
            continue
        for i, row in enumerate(read_events(path)):
            if i % EVERY:
                continue
            for name in identity_names.words(parse_record(row.event), row.event):
                sources[name] = sources.get(name, frozenset()) | {path.name}
            for word in set(_WORD.findall(row.event.raw.lower())):
                texts[word] = texts.get(word, frozenset()) | {path.name}
            if i % (EVERY * EVERY_LINE) == 0 and len(row.event.raw) > 3 * STRETCH:
                middle = len(row.event.raw) // 2
                stretches.append(row.event.raw[middle : middle + STRETCH].lower())
    # a word of many sources' texts is a word, whoever's name it is as well
    names = {name for name in identity_names.rare(sources) & identity_names.rare(texts) if len(name) >= NAME}
    return names - _public(), stretches


def _public():
    """Words of the Sigma rules, the command catalogues and ATT&CK's names."""
    with tarfile.open(DATA / "sigma_rules.tar.gz") as rules:
        text = [rules.extractfile(m).read().decode("utf-8", "replace") for m in rules.getmembers() if m.isfile()]
    with gzip.open(DATA / "aux_commands.jsonl.gz", "rt", encoding="utf-8") as lines:
        text += list(lines)
    text.append(json.dumps([str(value) for value in TECHNIQUES.items()]))
    return set(_WORD.findall("\n".join(text).lower()))


@pytest.fixture(scope="module")
def shipped():
    """The bytes of every shipped file but the golden events, in lower case, by name."""
    files = {path.name: path.read_bytes().lower() for path in default_folder().iterdir()}
    return {name: data for name, data in files.items() if name != GOLDEN}


def test_the_golden_events_are_the_projects_own():
    own = {json.loads(line)["raw"] for line in SAMPLES.read_text("utf-8").splitlines() if line.strip()}
    golden = json.loads((default_folder() / GOLDEN).read_text("utf-8"))
    assert golden
    assert all(row["event"]["raw"] in own for row in golden)


def test_canaries_are_many(canaries):
    names, stretches = canaries
    assert len(names) > 200
    assert len(stretches) > 200


def test_no_host_or_account_name_is_in_a_shipped_file(canaries, shipped):
    names, _ = canaries
    found = {}
    for file, data in shipped.items():
        # in a binary file, short runs of letters are chance
        words = {
            w.decode()
            for w in _PIECE.findall(_CONTROL.sub(b"", data))
            if file.endswith((".json", ".md")) or len(w) > NAME + 2
        }
        parts = {part for word in words for part in (word, word.strip("-_"))}
        if parts & names:
            found[file] = parts & names
    words = set().union(*found.values())
    told = {file: sorted(own - _common(words)) for file, own in found.items()}
    assert {file: own for file, own in told.items() if own} == {}


def _common(words):
    """The words that COMMON files hold: the sample alone would call them rare."""
    shown = dict.fromkeys(words, 0)
    for path in data_files(DATA) if words else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            text = lines.read().lower()
        for word in words:
            shown[word] += word in text
    return {word for word, count in shown.items() if count >= identity_names.COMMON}


def test_no_stretch_of_a_raw_line_is_in_a_shipped_file(canaries, shipped):
    _, stretches = canaries
    blob = b"\n".join(shipped.values())
    assert [text for text in stretches if text.encode() in blob or json.dumps(text)[1:-1].encode() in blob] == []
