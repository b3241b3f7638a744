"""The recipe's numbers reach the families they are meant for."""

from loglm_bridge.lab.company import CompanySettings
from loglm_bridge.lab.recipe import SHIPPED, Recipe
from loglm_bridge.model.context.evidence import ContextScoring


def test_windows_have_a_floor_of_their_own():
    told = CompanySettings(share=2.0, most=3, bound=12.0, floor=1.0, floor_elsewhere=5.0)
    assert told.families() == {"windows": ContextScoring(2.0, 1.0, 3, 12.0), "": ContextScoring(2.0, 5.0, 3, 12.0)}


def test_elsewhere_the_net_alone_is_no_evidence():
    recipe = Recipe.read(SHIPPED)
    assert recipe.company.floor_elsewhere >= recipe.bound > recipe.company.floor
