"""How products write events: skeletons, and the writer that turns fields into text. Read from `shapes/*.yml`.

A shape document:

    name: cloudtrail
    logsource: [{product: aws, service: cloudtrail}]   # the log sources whose examples it can carry
    sourcetype: aws:cloudtrail
    source: ...                                        # optional, as Splunk's source field
    format: json                                       # a writer of writers.py
    event: {...}                                       # the skeleton that an example is merged into
    like: ...                                          # optional: the shape whose skeleton this one begins with
    template: ...                                      # of line formats: the text around {message}
    columns: [...]                                     # of csv: the fields in order
    only: [EventID]                                    # optional: the example must hold these fields with these values
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loglm_bridge.knowledge.errors import ContentError
from loglm_bridge.knowledge.loader import documents

#: The shapes of the project's own content.
SHAPES = Path(__file__).parents[1] / "shapes"

_KEYS = frozenset("name logsource sourcetype source format event like template columns options".split())


@dataclass(frozen=True)
class Shape:
    """One way in which a product writes its events; `logsources` are (product, category, service), blank for any."""

    name: str
    logsources: tuple[tuple[str, str, str], ...]
    sourcetype: str
    format: str
    source: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    template: str = ""
    columns: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def fits(self, logsource: tuple[str, str, str]) -> bool:
        """Tell whether the shape can carry the events of a rule's log source."""
        return any(all(mine in ("", its) for mine, its in zip(own, logsource)) for own in self.logsources)  # noqa: B905


class Shapes:
    """All shapes by name, and by log source in the order in which they were read."""

    def __init__(self, by_name: Mapping[str, Shape]) -> None:
        self._by_name = dict(by_name)

    @classmethod
    def load(cls, folder: Path = SHAPES) -> Shapes:
        """Read all shapes of a folder. Raises ContentError."""
        read: dict[str, Shape] = {}
        for path in sorted(folder.glob("*.yml")):
            for one in documents(path):
                shape = _shape(one, path.name, read)
                if shape.name in read:
                    raise ContentError(f"two shapes have the name {shape.name}", where=path.name)
                read[shape.name] = shape
        return cls(read)

    def named(self, name: str) -> Shape:
        """Return a shape. Raises ContentError."""
        if name not in self._by_name:
            raise ContentError(f"there is no shape {name!r}", hint=f"one of {', '.join(sorted(self._by_name))}")
        return self._by_name[name]

    def of(self, logsource: tuple[str, str, str]) -> list[Shape]:
        """Return the shapes that can carry the events of a log source, the more specific ones first."""
        fitting = [shape for shape in self._by_name.values() if shape.fits(logsource)]
        return sorted(fitting, key=lambda shape: -max(sum(map(bool, own)) for own in shape.logsources))


def _shape(document: Mapping[str, Any], where: str, earlier: Mapping[str, Shape]) -> Shape:
    unknown = set(document) - _KEYS
    missing = {"name", "logsource", "sourcetype", "format"} - set(document)
    if unknown or missing:
        raise ContentError(f"shape with unknown keys {sorted(unknown)} or without {sorted(missing)}", where=where)
    like = document.get("like")
    if like and like not in earlier:
        raise ContentError(f"like names no earlier shape: {like}", where=where)
    sources = tuple(
        (str(one.get("product", "")), str(one.get("category", "")), str(one.get("service", "")))
        for one in document["logsource"]
    )
    return Shape(
        name=document["name"],
        logsources=sources,
        sourcetype=document["sourcetype"],
        source=document.get("source", ""),
        format=document["format"],
        event={**(earlier[like].event if like else {}), **document.get("event", {})},
        template=document.get("template", ""),
        columns=tuple(document.get("columns", ())),
        options=document.get("options", {}),
    )
