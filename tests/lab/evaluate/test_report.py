"""The page of the report: complete, without a raw event, and drawn by a real browser without network access."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from matplotlib.image import imread

from loglm_bridge.lab.evaluate import evaluate, report
from tests.lab.evaluate.predicted import HIGH, ordinary, predicted

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVASION = {"evasion": {"flagged": {"kept": 0.5, "kinds": {"carets": [4, 2]}}}}
COUNTS = {
    "recordings": 9, "found": 7, "events": 30, "incidents": 8, "shown": 40, "false_events": 3, "false_incidents": 1,
    "as_events": {"events": 60, "false_events": 20},
}  # fmt: skip
ALERTS = {"recordings": COUNTS, "flows": COUNTS, "at equal recall": [COUNTS | {"recall": 0.5}]}
HEADINGS = (
    "Figures beside the baselines",
    "Found together with Sigma",
    "Recall against alert budget",
    "Precision and recall",
    "Reliability",
    "Techniques found",
    "Confusion",
    "Map of the embeddings",
    "Nearest recordings",
    "Evasion",
    "Alerts and incidents",
    "Dos and don&#x27;ts",
)


@pytest.fixture(scope="module")
def predictions():
    rng = np.random.default_rng(1)
    predictions = ordinary(rng.random(60).tolist(), vector=np.ones(4))
    for i, technique in enumerate(("T1003.001", "T1059.001", "T1021.002", "T1547.001") * 6):
        ranking = [(technique if i % 3 else "T1105", 0.6), ("T1078", 0.2)]
        vector = rng.normal(size=4)
        score = rng.random()
        predictions.append(predicted("open_xp_rules", f"r{i}", score, (technique,), ranking, HIGH, vector=vector))
    for i in range(20):
        label = ("malicious", "benign")[i % 2]
        predictions.append(predicted("panther_rule_tests", str(i), rng.random(), label=label, vector=np.ones(4)))
    return predictions


@pytest.fixture(scope="module")
def page(predictions):
    figures = EVASION | {"benign": {"alerts_per_10k": 3.0}, "alerts": ALERTS} | report.extras(predictions)
    html = report.page("a model <1> & its figures", evaluate.rows(figures), figures, predictions)
    assert "2 of 4" in html
    assert '<td>event by event</td><td>recall 0.5</td><td class="n">7 of 9</td><td class="n">30</td>' in html
    return html


def test_the_page_has_every_part_and_is_the_same_each_time(page, predictions):
    assert re.findall(r"<h2>(.*?)</h2>", page) == list(HEADINGS)
    assert page.count("<svg") == 6
    assert "a model &lt;1&gt; &amp; its figures" in page
    figures = EVASION | {"benign": {"alerts_per_10k": 3.0}, "alerts": ALERTS} | report.extras(predictions)
    assert report.page("a model <1> & its figures", evaluate.rows(figures), figures, predictions) == page


def test_the_page_loads_nothing(page):
    assert not re.search(r"<(script|link|iframe)|@import|url\((?!#)", page)
    references = re.findall(r"(?:href|src)=\"([^\"]*)\"", page)
    assert all(r.startswith(("#", "data:image/png;base64,")) for r in references)


def test_the_extras_are_shares(predictions):
    extras = report.extras(predictions)
    assert set(extras["calibration"]) == {"Windows"}
    assert extras["union_with_sigma"]["open_xp_rules"]["sigma"] == 1.0


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_draws_it(page, tmp_path):
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    flags += [
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1100,4200",
        f"--screenshot={tmp_path / 'shot.png'}",
    ]
    command = [BROWSER, *flags, (tmp_path / "report.html").as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    pixels = (imread(tmp_path / "shot.png") * 255).round().astype(int)
    assert pixels.shape[:2] == (4200, 1100)
    dark = (pixels[:, :, :3].min(axis=2) < 200).mean(axis=1)
    bands = dark.reshape(28, 150).max(axis=1) > 0
    assert bands.mean() > 0.8
    colours = {tuple(c) for c in pixels[::7, ::7, :3].reshape(-1, 3).tolist()}
    assert len(colours) > 30
