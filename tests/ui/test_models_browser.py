"""Models along other axes, one of them clicked and used in all tabs, earlier results opened: in a real browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ood_studio.core.versions import versions
from ood_studio.evaluation.zoo import ZooRun, ZooStore
from tests.ui.test_models import model

PATIENCE = 240_000  # milliseconds
_MODEL = "#shared-backbone input"
_CENTRE = """(name) => {
  const area = document.querySelector('#models-scatter .js-plotly-plot');
  const curve = area.data.findIndex((trace) => trace.customdata?.includes(name));
  const point = area.data[curve].customdata.indexOf(name);
  const { _fullLayout: layout } = area, box = area.getBoundingClientRect();
  return [box.x + layout.xaxis._offset + layout.xaxis.d2p(area.data[curve].x[point]),
          box.y + layout.yaxis._offset + layout.yaxis.d2p(area.data[curve].y[point])];
}"""


def test_a_model_is_found_by_its_point_and_used_in_all_tabs(page: Any, address: str) -> None:
    run = ZooRun(
        (model("diorama", 0.9), model("diorama-conv", 0.8), model("diorama-classifier", 0.95, text=False)),
        asked={"count": "50"},
        passport={"versions": {**versions(), "torch": "0.1"}, "sets": {"id": 50}},
    )
    for each in (replace(run, measured=run.measured[:1]), run):
        assert ZooStore().keep(each)
    few = "models=zoo-vit-s-id,zoo-books-s&count=10&shift_count=10&train_count=10&resamples=0"
    page.goto(f"{address}?tab=models&x=auroc%201-nn%20near&{few}", timeout=PATIENCE)
    page.wait_for_selector("#models-earlier li button", timeout=PATIENCE)
    page.locator("#models-earlier button:has-text('3 models')").first.click()
    page.wait_for_selector("#models-about:has-text('torch 0.1 (here')", timeout=PATIENCE)
    page.wait_for_selector("#models-scatter .main-svg .points path", timeout=PATIENCE)
    assert page.locator("#models-x input").input_value() == "AUROC on near, 1-NN"
    # Other axes.
    page.locator("#models-y input").click()
    page.get_by_role("option", name="accuracy on factor pose").click()
    page.wait_for_selector("#models-scatter .ytitle:has-text('accuracy on factor pose')", timeout=PATIENCE)
    # A point is a model: its card comes, and it is used.
    page.locator("#models-scatter").scroll_into_view_if_needed()
    page.mouse.click(*page.evaluate(_CENTRE, "diorama-conv"))
    page.wait_for_selector("#models-card h2:has-text('diorama-conv')", timeout=PATIENCE)
    page.locator("#models-card button:has-text('Use this model')").click()
    page.wait_for_function(f"document.querySelector('{_MODEL}').value === 'diorama-conv'", timeout=PATIENCE)
    # What differs from another run, which is then taken away.
    first = page.locator("#models-earlier li:has-text('1 model')").first
    first.locator("button:has-text('Compare')").click()
    page.wait_for_selector("#models-changes:has-text('No figure differs')", timeout=PATIENCE)
    page.locator("#models-earlier input[type=search]").fill("conv")
    assert not first.is_visible() and page.locator("#models-earlier li:has-text('3 models')").first.is_visible()
    page.locator("#models-earlier input[type=search]").fill("")
    first.locator("button:has-text('Delete')").click()
    page.wait_for_function(
        "![...document.querySelectorAll('#models-earlier li')].some((each) => each.textContent.includes('1 model'))",
        timeout=PATIENCE,
    )
    # Two models are measured, and stand in the table.
    page.locator("#models-run").click()
    page.wait_for_selector(
        "#models-about:has-text('2 models, 10 pictures or more in each of 29 sets')", timeout=PATIENCE
    )
    page.wait_for_selector("#models-run:enabled", timeout=PATIENCE)
    assert page.locator("#models-table tbody th button").all_inner_texts() == ["zoo-books-s", "zoo-vit-s-id"]
