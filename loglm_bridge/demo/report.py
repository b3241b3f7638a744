"""The text that the demo prints: a table of labelled events, the notable events, and what the numbers mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from loglm_bridge.contract.notable import Notable
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.demo.samples import KINDS, Sample
from loglm_bridge.harness.splunkd import Row

#: Verdict -> colour on a terminal (ECMA-48, SGR).
_COLOURS = {"malicious": "31;1", "suspicious": "33", "unknown": "36", "benign": "32"}

#: Columns of the table: field of a labelled row, heading.
_COLUMNS = (("loglm_verdict", "VERDICT"), ("loglm_score", "SCORE"), ("loglm_status", "STATUS"))


@dataclass(frozen=True)
class LabelledRow:
    """A sample and the row that the search command returned for it."""

    sample: Sample
    row: Row

    def text(self, name: str) -> str:
        """Return the values of a field, joined by blanks."""
        value = self.row.get(name, "")
        return value if isinstance(value, str) else " ".join(value)

    def values(self, name: str) -> list[str]:
        """Return the values of a field; none for an empty field."""
        value = self.row.get(name, "")
        return value if isinstance(value, list) else [value] if value else []

    @property
    def techniques(self) -> str:
        """Id, name and confidence of each technique of the row, most likely first."""
        ids, names, confidences = (self.values(f"loglm_{n}") for n in ("technique_id", "technique", "confidence"))
        rows = zip(ids, names, map(float, confidences), strict=True)
        return ", ".join(f"{id_} {name} {confidence:.2f}" for id_, name, confidence in rows)


def table(labelled: Sequence[LabelledRow], width: int, *, colours: bool) -> Iterator[str]:
    """Yield the lines of the table, at most `width` characters each, with one section for each kind of sample."""
    widths = [max(len(heading), *(len(_cell(one, name)) for one in labelled)) for name, heading in _COLUMNS]
    widths.append(max(len(one.sample.id) for one in labelled))
    yield _line([*(heading for _, heading in _COLUMNS), "EVENT", "WHAT IT IS, AND THE TECHNIQUES SHOWN"], widths, width)
    for kind in KINDS:
        yield from ("", kind.upper())
        for one in (one for one in labelled if one.sample.kind == kind):
            cells = [*(_cell(one, name) for name, _ in _COLUMNS), one.sample.id, one.sample.what.partition(": ")[2]]
            line = _line(cells, widths, width)
            yield _coloured(line, cells[0], len(cells[0])) if colours else line
            if one.techniques:
                yield _line(["", "", "", "", one.techniques], widths, width)


def notable_list(notables: Sequence[Notable], width: int) -> Iterator[str]:
    """Yield one line for each notable, and the first one as it would be written to the index."""
    for one in notables:
        first = {name: values[0] for name, values in one.fields.items()}
        key, severity, risk = first["loglm_event_key"][:12], first["severity"], first["risk_score"]
        line = f"{severity:<8}  risk {risk:>3}  {first['risk_object']:<26.26}  {key}  {first['rule_title']}"
        yield one_line(line, width)
    if notables:
        yield ""
        yield "The first one, field by field, as it is written to index=notable, sourcetype=stash:"
        fields = notables[0].fields
        longest = max(map(len, fields))
        for name, values in fields.items():
            yield one_line(f"{name.ljust(longest)}  {' | '.join(values)}", width)


def summary(labelled: Sequence[LabelledRow], notables: int, seconds: float) -> str:
    """Return one line of counts and speed."""
    statuses = Counter(one.text("loglm_status") for one in labelled)
    called = Counter(one.sample.kind for one in labelled if one.text("loglm_verdict") in ("malicious", "suspicious"))
    of = Counter(one.sample.kind for one in labelled)
    counts = ", ".join(f"{number} {status}" for status, number in statuses.most_common())
    kinds = ", ".join(f"{called[kind]} of {of[kind]} {kind}" for kind in KINDS[:2])
    return (
        f"{len(labelled)} events in, {len(labelled)} rows out ({counts}) in {seconds:.1f} s, "
        f"{len(labelled) / max(seconds, 1e-9):,.0f} events/s; malicious or suspicious: {kinds}; notables: {notables}."
    )


#: What the numbers mean and do not mean.
MEANING = (
    "SCORE says how seldom an ordinary event of the log family scores as high: 0.9 is one in a thousand. The number "
    "behind a technique is the confidence in that technique. `unknown` means unlike anything that the model was "
    "trained on. The absence of a label never means benign. The samples were written for this project: they show that "
    "the parts work together and measure nothing; for figures see the model card. The speed includes the start of the "
    "search command and is not the throughput of the sidecar."
)


def _cell(one: LabelledRow, name: str) -> str:
    text = one.text(name)
    return f"{float(text):.3f}" if name == "loglm_score" and text else text or "-"


def _line(cells: Sequence[str], widths: Sequence[int], width: int) -> str:
    fixed = "  ".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=False))
    line = f"{fixed}  {cells[-1]}"
    return line if len(line) <= width else line[: width - 1] + "…"


def _coloured(line: str, verdict: str, length: int) -> str:
    code = _COLOURS.get(verdict)
    return f"\x1b[{code}m{line[:length]}\x1b[0m{line[length:]}" if code else line
