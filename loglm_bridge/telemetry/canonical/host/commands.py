"""Command lines and scripts to one spelling: quoting noise removed, paths unified, encoded payloads decoded once."""

from __future__ import annotations

import base64
import binascii
import re

from loglm_bridge.telemetry.byte_cache import remembered
from loglm_bridge.telemetry.canonical import identity, placeholders
from loglm_bridge.telemetry.canonical.guids import guid
from loglm_bridge.telemetry.canonical.host import paths
from loglm_bridge.telemetry.canonical.network import addresses
from loglm_bridge.telemetry.scanning.clean_text import clean_text

#: Characters of a command or script that are read; the tokenizer reads far fewer.
MAX_INPUT = 8_000
#: Characters of the canonical form.
MAX_COMMAND = 2_000

_URL = re.compile(
    r"(?<![a-z0-9+.-])(?:https?|ftps?|wss?|sftp|ldaps?|smb|tcp|udp)://[^\s\"'<>|`)\]},;]{1,1000}", re.IGNORECASE
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)")
_VERSION = re.compile(r"(?<![\w.])[vV]?\d{1,5}\.\d{1,6}\.\d{1,7}(?:\.\d{1,7})?(?![\w]|\.\d)")
_CARET = re.compile(r"\^(?=[^\s])")
_CARET_IN_WORD = re.compile(r"(?<=[a-z0-9])\^(?=[a-z0-9])", re.IGNORECASE)
_TICK = re.compile(r"(?<=[a-z0-9(\"' -])`(?=[a-z])", re.IGNORECASE)
_CONCAT = re.compile(r"(['\"])\s{0,8}\+\s{0,8}\1")
_EMPTY_QUOTES = re.compile(r"(?<=[a-z])(?:\"\"|'')(?=[a-z])", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=\\._-])[A-Za-z0-9+/]{24,}+={0,2}+(?![A-Za-z0-9+/=\\_-])")
_ENCODED_FLAG = re.compile(
    r"(?<=\s)[-/\u2013\u2014](?:e|ec|en|enc|enco|encod|encode|encoded|encodedc[a-z]{0,6})[\s:]+[\"']?\Z", re.IGNORECASE
)
_HEX_NUMBER = re.compile(r"(?<![\w])0x[0-9a-f]{5,16}(?![\w])")
_COMMENT = re.compile(r"^[ \t]*+#[^\n]*+$", re.MULTILINE)
_INVOCATION = re.compile(r"CommandInvocation\(([^()\n]{1,200})\): \"[^\"\n]{0,200}\"")
_BINDING = re.compile(r"ParameterBinding\([^()\n]{1,200}\): name=\"([^\"\n]{0,100})\"; value=")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\d{1,4})?(?![\w:.])")
_MAC = re.compile(r"(?<![\w:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:-])")
_DECIMAL = re.compile(r"(?<![\w.])\d{1,9}\.\d{4,}+(?![\w.])")
_USER_FLAG = re.compile(r"(?<=[\s/-])(/?u(?:ser(?:name)?)?[:=\s]\s?)[a-z0-9_.-]{1,40}\\[a-z0-9_.$-]{1,60}")
_APPX = re.compile(r"(?<=\.appx)[a-z0-9]{20,40}(?=\.mca)")
#: Share of characters that must be printable in decoded text.
_MIN_PRINTABLE = 0.9
#: Obfuscating characters from which on a command is marked {obfuscated}.
_MIN_NOISE = 3


def command(value: str) -> str:
    """Return a command line or script in canonical spelling.

    Lower case, whitespace collapsed, double quotes and caret, backtick and concatenation noise removed (three or more
    of these append `{obfuscated}`), paths unified, URLs, addresses, GUIDs, SIDs, versions, long hex and numbers
    masked. Base64 text (UTF-16LE or UTF-8) is decoded once and appended after `{decoded}`; other base64 becomes
    `{base64}`. MAX_INPUT characters are read, at most MAX_COMMAND are returned.
    """
    value = value[:MAX_INPUT]
    return _short(value) if len(value) <= 1_000 else _long(value)


def script(value: str) -> str:
    """Return a script as a command: without comments, PowerShell's invocation records written as commands.

    `CommandInvocation(X): "X"` with `ParameterBinding(X): name="N"; value="V"` -> `x -n v`.
    """
    return _script(value[: MAX_INPUT * 2])


@remembered(4)
def _script(text: str) -> str:
    if "<#" in text:
        text = _without_blocks(text)
    if "#" in text:
        text = _COMMENT.sub("", text)
    if "CommandInvocation(" in text:
        text = _INVOCATION.sub(r"\1", text)
        text = _BINDING.sub(r" -\1 ", text)
    return command(text)


def _without_blocks(text: str) -> str:
    """Return the text without `<# ... #>` comments; one that is not closed extends to the end."""
    parts = text.split("<#")
    return " ".join([parts[0], *(part.partition("#>")[2] for part in parts[1:])])


@remembered(6)
def _short(value: str) -> str:
    return _command(value)


@remembered(5)
def _long(value: str) -> str:
    return _command(value)


def _command(value: str) -> str:
    text, decoded = _without_base64(placeholders.escape(value))
    normalised = _normalised(text)
    if decoded:
        payload = _normalised(placeholders.escape(decoded[:MAX_INPUT]))
        normalised = f"{normalised[: MAX_COMMAND // 2]} {placeholders.DECODED} {payload}"
    return normalised[:MAX_COMMAND].strip()


def _normalised(text: str) -> str:
    text, suffix = _without_noise(text)
    if "://" in text:
        text = _URL.sub(lambda match: addresses.url(match[0]), text)
    text = text.replace('\\"', '"').replace('"', "").lower()
    text = _BLANKS.sub(" ", text).strip()
    text = identity.GUID.sub(guid, text) if "-" in text else text
    text = paths.unify_paths(text)
    if "." in text:
        text = _IPV4.sub(_address, text)
        text = _VERSION.sub(placeholders.VERSION, text)
        text = _DECIMAL.sub(placeholders.NUMBER, text)
    if ":" in text:
        text = _MAC.sub("{mac}", _IPV6.sub(_address6, text))
    if "\\" in text and "u" in text:
        text = _USER_FLAG.sub(rf"\1{placeholders.USER}", text)
    if "0x" in text:
        text = _HEX_NUMBER.sub(_hex, text)
    if ".appx" in text:
        text = _APPX.sub(placeholders.RANDOM, text)
    return identity.mask(text) + suffix


def _without_noise(text: str) -> tuple[str, str]:
    """Return the text without obfuscating characters, and the suffix that marks it if there were many."""
    count = 0
    if "^" in text:
        count += len(_CARET_IN_WORD.findall(text))
        text = _CARET.sub("", text)
    if "`" in text:
        text, n = _TICK.subn("", text)
        count += n
    if "+" in text:
        text, n = _CONCAT.subn("", text)
        count += n
    if '""' in text or "''" in text:
        text, n = _EMPTY_QUOTES.subn("", text)
        count += n
    return text, f" {placeholders.OBFUSCATED}" if count >= _MIN_NOISE else ""


def _address(match: re.Match[str]) -> str:
    return addresses.ip(match[0]) if all(int(part) <= 255 for part in match[0].split(".")) else placeholders.VERSION


def _hex(match: re.Match[str]) -> str:
    """Return a small number (DWORD (0x00000001)) without leading zeros, mask an address or handle."""
    digits = match[0][2:].lstrip("0")
    return f"0x{digits or '0'}" if len(digits) <= 4 else placeholders.HEX


def _address6(match: re.Match[str]) -> str:
    return addresses.ip(match[0]) if addresses.is_ip(match[0]) else match[0]


def _without_base64(text: str) -> tuple[str, str]:
    """Return the text with base64 replaced by {base64}, and the first piece that decodes to text."""
    decoded = ""
    pieces: list[str] = []
    last = 0
    for match in _BASE64.finditer(text):
        flagged = bool(_ENCODED_FLAG.search(text[max(0, match.start() - 40) : match.start()]))
        if not flagged and not _looks_encoded(match[0]):
            continue
        payload = "" if decoded else _decode(match[0])
        if not payload and not flagged and len(match[0]) < 40:
            continue
        decoded = decoded or payload
        pieces += (text[last : match.start()], placeholders.BASE64)
        last = match.end()
    return "".join(pieces) + text[last:] if pieces else text, decoded


def _looks_encoded(text: str) -> bool:
    """Distinguish base64 from a long word, path or identifier: mixed case, digits or padding, few slashes."""
    mixed = any(c.isupper() for c in text) and any(c.islower() for c in text)
    return mixed and (text.endswith("=") or any(c.isdigit() for c in text)) and text.count("/") * 8 <= len(text)


def _decode(text: str) -> str:
    """Return the text that base64 encodes, empty where it is not readable text."""
    data = text.rstrip("=")
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    try:
        raw = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except (binascii.Error, ValueError):
        return ""
    encoding = "utf-16-le" if len(raw) > 3 and raw[1::2].count(0) * 2 > len(raw[1::2]) else "utf-8"
    try:
        decoded = raw[: len(raw) // 2 * 2 if encoding == "utf-16-le" else len(raw)].decode(encoding)
    except UnicodeDecodeError:
        return ""
    printable = sum(c.isprintable() or c in "\r\n\t" for c in decoded)
    return clean_text(decoded) if decoded and printable >= _MIN_PRINTABLE * len(decoded) else ""
