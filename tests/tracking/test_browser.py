"""What a person sees: MLflow's page on a finished run, in a real browser."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gflowspec.tracking.location import resolve
from gflowspec.tracking.project import Project
from gflowspec.tracking.server import serving

from .browser import CHROMIUM, Page, browsing
from .training import Plan, Training

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH"),
]


#: Clicks the innermost element that holds just these words.
CLICK = """
words => [...document.querySelectorAll('*')]
  .filter(item => item.textContent.trim() === words).pop().click()
"""


def click_until(page: Page, words: str, condition: str) -> None:
    """Click on some words; again if the page was not listening yet."""
    for _ in range(6):
        page.value(f"({CLICK})('{words}')")
        for _ in range(50):
            if page.value(condition):
                return
            time.sleep(0.1)
    raise AssertionError(page.value("document.body.innerText"))


def evidence(tmp_path: Path, name: str) -> Path:
    """Where a picture is kept: the folder named by GFLOWSPEC_EVIDENCE, else a temporary one."""
    folder = Path(os.environ.get("GFLOWSPEC_EVIDENCE", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def test_the_run_and_its_curves_are_on_the_page(project: Project, tmp_path: Path) -> None:
    account = Training(Plan(root=str(project.root), steps=200, picture=True)).finish()
    assert account["unsent"] == 0
    log = project.folder / "ui.log"
    with serving(resolve(project, {}), log=log) as shown, browsing(tmp_path / "profile") as page:
        page.open(shown.page("grid"))
        page.wait_for("document.body.innerText.includes('grid-subtb.tlm-s1-3f9c2a')")
        # in generative-AI mode the same runs stand beside evaluation runs, judges and prompts
        words = page.value("document.body.innerText")
        assert "Model registry" in words
        assert not {"Evaluation runs", "Judges"} & set(words.splitlines())
        page.screenshot(evidence(tmp_path, "runs.png"))

        page.open(shown.page("grid", account["mlflow_run_id"], "model-metrics"))
        plots = "document.querySelectorAll('.js-plotly-plot .main-svg').length"
        page.wait_for(f"{plots} > 0")
        page.wait_for("document.body.innerText.includes('train/loss_forward')")
        assert "Evaluation runs" not in page.value("document.body.innerText").splitlines()
        page.screenshot(evidence(tmp_path, "metrics.png"))

        page.open(shown.page("grid", account["mlflow_run_id"], "artifacts"))
        page.wait_for("document.body.innerText.includes('eval')")
        picture = "target_vs_learned.png"
        click_until(page, "eval", f"document.body.innerText.includes('{picture}')")
        shown_large = "[...document.images].some(image => image.naturalWidth > 800)"
        click_until(page, picture, shown_large)
        page.screenshot(evidence(tmp_path, "artifacts.png"))
