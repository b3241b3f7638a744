"""How the others of a window count: the recipe's choice of model/context/evidence.py's numbers."""

from __future__ import annotations

from dataclasses import dataclass

from loglm_bridge.model.context.evidence import ContextScoring

#: The family of which training recordings of other laboratories show what company is worth.
FAMILY = "windows"


@dataclass(frozen=True)
class CompanySettings:
    """`share`, `most` and `bound` as in Company; `floor` is that of Windows events.

    `floor_elsewhere` is that of all other families: so high that only what a rule says counts, since nobody labelled
    what their nets say of a laboratory they never saw.
    """

    share: float
    most: int
    bound: float
    floor: float
    floor_elsewhere: float

    def families(self) -> dict[str, ContextScoring]:
        """Return what `sequence.json` holds of it."""
        floors = {FAMILY: self.floor, "": self.floor_elsewhere}
        return {family: ContextScoring(self.share, floor, self.most, self.bound) for family, floor in floors.items()}
