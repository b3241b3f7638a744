"""No raw line and no host or user name of the training data can be read from the shipped model.

The canaries come from the training data, if it is present: names of accounts and hosts that public rules, commands and
ATT&CK do not use as words, and parts of raw lines.
"""

import gzip
import json
import re
import tarfile
from pathlib import Path

import pytest

from loglm_bridge.contract.attack_table import TECHNIQUES
from loglm_bridge.knowledge.loader import RULES
from loglm_bridge.knowledge.rendering.shapes import SHAPES
from loglm_bridge.lab.cli import SAMPLES
from loglm_bridge.lab.data import identity_names
from loglm_bridge.lab.data.corpus import NOT_TELEMETRY
from loglm_bridge.lab.data.sources import data_files, read_events
from loglm_bridge.model.folder.model_folder import GOLDEN, SIGNATURE_RULES
from loglm_bridge.model.registry import default_folder
from loglm_bridge.telemetry import parse_record

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the training data is absent")

#: One event in so many is examined, and a part of the raw text of one in so many of these is a canary.
EVERY, EVERY_LINE = 20, 50

#: Characters of a name, at least, and of a part of a raw line.
NAME, PART = 6, 40

_WORD = re.compile(rf"[a-z0-9_\-]{{{NAME},}}")

#: Control tokens of the tokenizer: names of fields and kinds, no values.
_CONTROL = re.compile(rb'"\[[fk]:[^"]*"')
_PIECE = re.compile(_WORD.pattern.encode())


@pytest.fixture(scope="module")
def canaries():
    """Names that few sources show, and parts of raw lines."""
    sources, texts, parts = {}, {}, []
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
            if i % (EVERY * EVERY_LINE) == 0 and len(row.event.raw) > 3 * PART:
                middle = len(row.event.raw) // 2
                parts.append(row.event.raw[middle : middle + PART].lower())
    # a word that the texts of many sources hold is common, even if it is also a name
    names = {name for name in identity_names.rare(sources) & identity_names.rare(texts) if len(name) >= NAME}
    return names - _public_words(), parts


def _public_words():
    """Words of the Sigma rules, the command catalogues, ATT&CK's names and the project's own detection content."""
    with tarfile.open(DATA / "sigma_rules.tar.gz") as rules:
        text = [rules.extractfile(m).read().decode("utf-8", "replace") for m in rules.getmembers() if m.isfile()]
    with gzip.open(DATA / "aux_commands.jsonl.gz", "rt", encoding="utf-8") as lines:
        text += list(lines)
    text += [path.read_text(encoding="utf-8") for path in (*RULES.rglob("*.yml"), *SHAPES.rglob("*.yml"))]
    text.append(json.dumps([str(value) for value in TECHNIQUES.items()]))
    return set(_WORD.findall("\n".join(text).lower()))


@pytest.fixture(scope="module")
def shipped():
    """The bytes of every shipped file but the golden events, in lower case, by name."""
    files = {path.name: path.read_bytes().lower() for path in default_folder().iterdir()}
    # the tests of the project's own rules are its own writing, as text; others' rules are hashes
    files[SIGNATURE_RULES] = json.dumps(json.loads(files[SIGNATURE_RULES])["rules"]).encode()
    return {name: data for name, data in files.items() if name != GOLDEN}


def test_the_golden_events_are_samples_of_this_project():
    own = {json.loads(line)["raw"] for line in SAMPLES.read_text("utf-8").splitlines() if line.strip()}
    golden = json.loads((default_folder() / GOLDEN).read_text("utf-8"))
    assert golden
    assert all(row["event"]["raw"] in own for row in golden)


def test_there_are_many_canaries(canaries):
    names, parts = canaries
    assert len(names) > 200
    assert len(parts) > 200


def test_no_host_or_account_name_is_in_a_shipped_file(canaries, shipped):
    names, _ = canaries
    leaked = {}
    for file, data in shipped.items():
        # in a binary file short runs of letters occur by chance
        words = {
            w.decode()
            for w in _PIECE.findall(_CONTROL.sub(b"", data))
            if file.endswith((".json", ".md")) or len(w) > NAME + 2
        }
        candidates = {candidate for word in words for candidate in (word, word.strip("-_"))}
        if candidates & names:
            leaked[file] = candidates & names
    words = set().union(*leaked.values())
    rare = {file: sorted(own - _common(words)) for file, own in leaked.items()}
    assert {file: own for file, own in rare.items() if own} == {}


def _common(words):
    """The words that COMMON_SOURCES files hold: in the sample alone they would be rare."""
    counts = dict.fromkeys(words, 0)
    for path in data_files(DATA) if words else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            text = lines.read().lower()
        for word in words:
            counts[word] += word in text
    return {word for word, count in counts.items() if count >= identity_names.COMMON_SOURCES}


def test_no_part_of_a_raw_line_is_in_a_shipped_file(canaries, shipped):
    _, parts = canaries
    blob = b"\n".join(shipped.values())
    assert [text for text in parts if text.encode() in blob or json.dumps(text)[1:-1].encode() in blob] == []
