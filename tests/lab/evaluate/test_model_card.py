"""The model card: the numbers of the run, the figures of the report, and every source with its licence."""

from loglm_bridge.lab.evaluate.model_card import SOURCES, card
from loglm_bridge.lab.recipe import SHIPPED, Recipe

COUNTS = {"techniques": 297, "pretraining": 123_456, "weak_examples": 7_890, "knowledge": 4_321}
REPORT = {"benign": {"alerts_per_10k": 9.0}, "open_xp_rules": {"parent": {"top1": 0.5, "top3": 0.6}}}


def test_the_card_has_the_numbers_of_the_run_and_the_figures_of_the_report():
    text = card(Recipe.read(SHIPPED), COUNTS, REPORT, "all recordings")
    assert text.startswith("# loglm-small ")
    for part in ("297 techniques", "123,456 distinct canonical events", "7,890 weak", "trained on all recordings"):
        assert part in " ".join(text.split())
    assert "| open_xp_rules | parent top1 | 0.292 | 0.389 | 0.500 | - |" in text


def test_the_card_names_every_source_with_its_licence():
    text = card(Recipe.read(SHIPPED), COUNTS, None, "the training recordings alone")
    assert all(f"| {source} | {what} | {licence} |" in text for source, (what, licence) in SOURCES.items())
    assert "Not measured: exported without a report." in text
