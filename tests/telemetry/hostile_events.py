"""Events of 64 kB that are dear to read: of every format, and of the worst texts of every pattern."""

import json
from collections.abc import Callable, Iterator

from tests.regex_growth import patterns, text_of, worst_cases

SIZE = 64_000

_SYSTEM = (
    "<Event xmlns='x'><System><Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"
    "<TimeCreated SystemTime='2026-01-01'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel></System>"
)


def _command(text: str) -> str:
    return f"{_SYSTEM}<EventData><Data Name='CommandLine'>{text}</Data></EventData></Event>"


def _chain(key: str, text: str, head: str = "") -> str:
    """Return JSON in a string of JSON, as deep as SIZE allows: each level doubles the backslashes."""
    while len(outer := head + json.dumps({key: text})) < SIZE:
        text = outer
    return text


def _objects(line: str) -> str:
    return json.dumps([{"log": line}] * 250)


#: Envelopes around hostile texts.
ENVELOPES: dict[str, Callable[[str], str]] = {
    "line": lambda text: text,
    "json": lambda text: json.dumps({"message": text, "x": text[:100]}),
    "xml": _command,
    "syslog": lambda text: f"<13>Jan  1 00:00:00 host prog[1]: {text}",
    "pairs": lambda text: f"a=1 b=2 c=3 d={text}",
}

EVENTS: dict[str, str] = {
    "chain of JSON": _chain("log", "x" * 40),
    "chain of syslog and JSON": _chain("log", "Jan  1 00:00:00 host su[1]: root", "<13>Jan  1 00:00:00 h p[1]: "),
    "many envelopes of pairs": _objects("Jan  1 00:00:00 host su[1]: x " + "a=b " * 50),
    "many envelopes of lists": _objects("a: b, " * 40),
    "long names": json.dumps({"k" * 30_000: {f"a{i}": i for i in range(2_000)}}),
    "deep names": json.dumps({"k" * 1_000: {"l" * 1_000: {"m" * 1_000: {f"a{i}": {"b": i} for i in range(300)}}}}),
    "deep objects": '{"a":' * 10_000,
    "deep lists": "[" * SIZE,
    "broken JSON": '{"a":{"b":[' * 6_000,
    "open CDATA": _SYSTEM + "<EventData><Data Name='CommandLine'>mimikatz</Data>" + "<![CDATA[" * 7_100,
    "many CDATA": _SYSTEM + "<![CDATA[<]]>" * 4_900,
    "many data": _SYSTEM + "<EventData>" + "<Data Name='a'>b</Data>" * 2_700 + "</EventData></Event>",
    "many attributes": "<Event><System><Provider " + "a='b' " * 9_000 + "/>",
    "attributes of one word": f"<Event><System><Provider {'a' * SIZE}/>",
    "quotes across tags": "<Event><System>" + "<a \"x'" * 9_000,
    "open tags": "<Event><System>" + "<a" * 30_000,
    "many entities": _command("&#1;" * 15_000),
    "many pairs": "a=b " * 16_000,
    "open quote": 'a=1 b=2 c="' + '\\"' * 30_000,
    "json line": '"a": ' + " " * SIZE + "x",
    "fast alert": "[**] [1:1:1]" + " " * SIZE + "x",
    "access log": '1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 ' + '"a" ' * 15_000,
    "audit records": 'type=EXECVE msg=audit(1.000:1): a0="x"\n' * 1_600,
    "audit arguments": "type=EXECVE msg=audit(1.000:1): " + " ".join(f"a{i}=41424344" for i in range(4_000)),
    "audit hex": "type=PROCTITLE msg=audit(1.000:1): proctitle=" + "41" * 30_000,
    "cef": "CEF:0|a|b|c|1|n|5|" + "a\\=b " * 12_000,
    "leef": "LEEF:2.0|a|b|c|1|x|" + "axbx" * 15_000,
    "zeek": "#fields\t" + "a\t" * 30_000 + "\n" + "1\t" * 500,
    "csv": '"a",' * 16_000,
    "structured data": "<13>1 2026-01-01T00:00:00Z h a p m " + '[x a="b"]' * 7_000,
    "open structured data": "<13>1 2026-01-01T00:00:00Z h a p m [" + 'x a="' * 10_000,
    "rendered message": "LogName=S\nEventCode=4624\nSourceName=x\nMessage=" + "User:\n\tLogon ID:\ta\n" * 2_400,
    "script": _command("$a='b'+\"c\"; iex(`n`e`w-object);" * 2_000).replace("Sysmon", "PowerShell"),
    "command of quotes": _command("\"'" * 30_000),
    "command of paths": _command("c:\\a\\..\\" * 7_000),
    "command of urls": _command("http://a.b/c?d=e&amp;f " * 2_800),
    "encoded command": _command("powershell -enc " + "JABhAD0A" * 7_000),
    "many values": json.dumps({f"k{i}": f"C:\\u{i}\\b.exe http://x{i}.test/{'q' * 100}?a=b" for i in range(256)}),
    "unknown characters": "\u202e" * 21_000,
    "NUL": "\x00" * SIZE,
    "surrogates": "\ud800" * 20_000,
    "blanks": " " * (SIZE - 1) + "x",
    "lines": "a\n" * (SIZE // 2),
    "severities": "<13>Jan  1 00:00:00 host " + "info " * 12_000,
}  # fmt: skip


#: Pieces that are repeated up to SIZE, behind each of OPENINGS.
REPEATED = {
    "quotes": "'\"",
    "open tags": "<a ",
    "unclosed names": "<a",
    "attributes": "<Data Name='x",
    "braces": "{",
    "strings": '{"a',
    "backslashes": "\\",
    "escapes": '"\\',
    "blanks": " ",
    "digits": "7",
    "hex": "a1",
    "guid parts": "deadbeef-",
    "dots": "1.",
    "paths": "\\users\\",
    "slashes": "/home/",
    "commas": ",",
    "equals": "a=",
    "pairs": 'a="b" ',
    "bars": "CEF:0|",
    "colons": "a:b:",
    "percent": "%",
    "carets": "^a`b",
    "sids": "S-1-5-21-",
    "mails": "a@b.",
    "base64": "QUJD",
    "urls": "http://a/",
    "labels": "Subject:\n\tAccount Name:\t",
    "dates": "2026-03-04T05:06:07",
    "entities": "&lt;",
    "brackets": "[x] ",
    "ipv6": "fe80::",
    "tabs": "a\t",
}
OPENINGS = (
    "",
    "<Event><System><EventID>1</EventID></System><EventData><Data Name='CommandLine'>",
    '{"command":"',
)


def of_patterns(step: int = 1) -> Iterator[tuple[str, str]]:
    """Yield (name, text): every `step`th of the worst cases of the patterns that read events, in every envelope."""
    cases = [
        (case, where) for pattern, where in patterns().items() if _reads_events(where) for case in worst_cases(pattern)
    ]
    for case, where in cases[::step]:
        text = text_of(case, SIZE)
        for name, envelope in ENVELOPES.items():
            yield f"{where} {case!r:.80} in {name}", envelope(text)


def _reads_events(where: str) -> bool:
    return where.startswith(("loglm_bridge.telemetry.", "loglm_bridge.model."))
