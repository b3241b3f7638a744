"""The pages as a whole: links lead somewhere, named files exist, generated blocks are fresh, the site is complete."""

import re
import subprocess
import sys

import pytest
import yaml

from docs.generate.blocks import BLOCKS, names
from docs.generate.blocks import pages as generated_pages
from tests.conftest import ROOT
from tests.docs.pages import DOCS, PAGES, anchors, links, name, read

#: Folders of the checkout that a path in code may begin with.
_TOP = ("loglm_bridge", "tests", "docs", "default", "app", "bin", ".ci")
_FILES = ("manifest.json", "MODEL_CARD.md", "golden.json")


@pytest.mark.slow
def test_generated_blocks_are_fresh():
    done = subprocess.run(
        [sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_generated_block_stands_in_a_page():
    used = {block for page in generated_pages(ROOT) for block in names(page.read_text(encoding="utf-8"))}
    assert used == set(BLOCKS)


def test_the_readme_is_short():
    text = read("README.md")
    assert len(text.splitlines()) <= 200
    assert len(text.split()) <= 1_500


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_pages_and_headings(page):
    for target in links(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert found.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(found.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_of_the_site_link_to_nothing_outside_of_it(page):
    if page.is_relative_to(DOCS):
        for target in links(page.read_text(encoding="utf-8")):
            assert (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page):
    found = re.findall(r"`((?:[\w.-]+/)+[\w.-]*\w)`", page.read_text(encoding="utf-8"))
    for path in found:
        if path.startswith(tuple(f"{top}/" for top in _TOP)):
            assert (ROOT / path).exists() or (ROOT / "tests" / path).exists(), path


def test_tests_that_cover_a_promise_or_fault_exist():
    rows = [line for line in read("docs/dev/faults.md").splitlines() if re.match(r"\| P?\d+ \|", line)]
    assert len(rows) == 12 + 40
    for row in rows:
        paths = re.findall(r"`([\w/.]+)`", row.rpartition(" | ")[2])
        assert paths, row
        assert [path for path in paths if not ((ROOT / "tests" / path).exists() or (ROOT / path).exists())] == []


def test_every_page_is_in_the_navigation_once():
    def listed(entry):
        if isinstance(entry, str):
            return [entry]
        return [page for inner in (entry.values() if isinstance(entry, dict) else entry) for page in listed(inner)]

    site = yaml.safe_load(read("mkdocs.yml"))
    assert sorted(listed(site["nav"])) == sorted(
        name(page).removeprefix("docs/") for page in PAGES if DOCS in page.parents
    )


def test_the_site_fetches_nothing():
    site = yaml.safe_load(read("mkdocs.yml"))
    assert site["theme"]["font"] is False
    assert site["plugins"] == ["search"]
    for picture in DOCS.rglob("*.svg"):
        addresses = set(re.findall(r"https?://[^\"]+", picture.read_text(encoding="utf-8")))
        assert addresses == {"http://www.w3.org/2000/svg"}


def test_every_record_of_decisions_is_dated():
    for page in sorted((DOCS / "dev/decisions").glob("[0-9]*.md")):
        headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings
        assert [heading for heading in headings if not re.search(r"\(\d{4}-\d\d-\d\d\)$", heading)] == []


def test_dated_measurements_are_those_of_the_log_of_experiments():
    log = read("loglm_bridge/lab/EXPERIMENTS.md")
    table = read("docs/model/evaluation.md").partition("## Dated measurements")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d+) \| [\d-]+ \| .* \| (.*) \|$", table, re.MULTILINE)
    assert len(rows) >= 5
    for number, figures in rows:
        note = re.split(r"\n\*\*\d+\. |\n## ", log.partition(f"\n**{number}. ")[2])[0]
        assert [figure for figure in re.findall(r"\d*\.?\d+", figures) if figure not in note] == [], number


def test_code_cites_pages_of_this_repository_only():
    cited = re.compile(r"(?:[\w.-]+/)*\w[\w-]*\.md\b")
    known = {page.name for page in PAGES} | {"EXPERIMENTS.md", "MODEL_CARD.md"}
    for folder in ("loglm_bridge", "app", "bin", "default", ".ci", "deploy"):
        for path in sorted(
            path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".conf", ".spec", ".sh")
        ):
            for found in cited.findall(path.read_text(encoding="utf-8")):
                assert found.rpartition("/")[2] in known, f"{name(path)}: {found}"
                assert "/" not in found or (ROOT / found).exists(), f"{name(path)}: {found}"
