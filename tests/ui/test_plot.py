"""The clickable figure in a real browser: clicks, drags, themes, hidden tabs, updates, nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.metrics import roc_curve
from ood_studio.figures.roc import roc_figure
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.ui.html_props import keep_html_props
from ood_studio.ui.plot import PlotClick, click_plot, plot_value, read_click, read_drag
from ood_studio.ui.scripts import scripts
from tests.ui.launching import launched
from tests.ui.pointing import click, drag
from tests.ui.unfolding import idle

PATIENCE = 60_000  # milliseconds
COUNT_FITS = """() => {
  const { relayout } = window.Plotly;
  window.fits = 0;
  window.Plotly.relayout = (...values) => (window.fits += 1, relayout(...values));
}"""
EVIL = "<img src=x onerror=alert(1)>"


def curves(shift: float) -> Any:
    """ROC curves of a scorer with a name from outside and of another."""
    rng = np.random.default_rng(0)
    return roc_figure({name: roc_curve(rng.normal(shift, 1, 400), rng.normal(size=300)) for name in (EVIL, "MCM")})


@pytest.fixture(scope="module")
def plots() -> Iterator[str]:
    """An app of a few figures."""
    keep_html_props()
    ood = np.append(np.zeros(99), 5.0)  # one picture where all others are ID
    bars = score_histograms("s", "id", np.linspace(0, 5, 2000), {"near": ood}, 2.0)
    with gr.Blocks(analytics_enabled=False) as blocks:
        heard = gr.Textbox(elem_id="heard")
        more = gr.Button("more", elem_id="more")
        with gr.Tabs():
            with gr.Tab("first"):
                roc = click_plot("ROC curves", curves(1.0), elem_id="roc")
                none = click_plot("nothing", elem_id="none", empty="no results yet")
            with gr.Tab("second", render_children=True):
                histogram = click_plot("histograms", bars, elem_id="bars")
            with gr.Tab("third"):
                click_plot("drawn late", curves(1.0), elem_id="late")

        def tell(event: gr.EventData) -> str:
            click = read_click(event)
            return json.dumps({**vars(click), "column": [bar.meta for bar in click.column]})

        roc.click(tell, None, heard)
        histogram.click(tell, None, heard)
        histogram.drag(drag_told, None, heard)
        more.click(lambda: (plot_value(curves(2.0)), plot_value(curves(1.0)), gr.skip()), None, [roc, none, histogram])
    address = launched(blocks, ssr_mode=False, css=".gradio-container { width: 100% !important; }", head=scripts())
    yield address
    blocks.close()


def drag_told(event: gr.EventData) -> str:
    """What the handler of a drag reads."""
    return json.dumps(read_drag(event))


@pytest.fixture
def page(page: Any, plots: str) -> Any:
    """The figures in a fresh dark page; fails on script errors and if anything is asked of another machine."""
    page.set_viewport_size({"width": 1200, "height": 900})
    scripts: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: scripts.append(request.url) if "plotly.min.js" in request.url else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto(f"{plots}?__theme=dark", timeout=PATIENCE)
    page.wait_for_selector("#roc .main-svg", timeout=PATIENCE)
    yield page
    assert not errors
    assert len(scripts) == 1  # once, whatever the number of figures


def heard(page: Any, word: str) -> Any:
    """What the handler was told, once it holds a word."""
    page.wait_for_function(
        "word => document.querySelector('#heard textarea').value.includes(word)", arg=word, timeout=PATIENCE
    )
    return json.loads(page.input_value("#heard textarea"))


def test_click_on_a_marked_point_is_heard_with_its_data(page: Any) -> None:
    mark = next(trace for trace in curves(1.0).data if trace.meta == "MCM" and trace.mode == "markers")
    click(page, "roc", float(mark.x[0]), float(mark.y[0]))
    told = heard(page, "MCM")
    assert (told["x"], told["y"]) == (pytest.approx(mark.x[0]), pytest.approx(mark.y[0]))
    assert told["customdata"] == pytest.approx(list(mark.customdata[0]))
    page.locator("#roc .studio-plot-area").press("ArrowRight")  # from the keyboard: the first point of the first curve
    page.locator("#roc .studio-plot-area").press("Enter")
    told = heard(page, "onerror")
    assert told["customdata"][0] is None and told["meta"] == EVIL  # the infinite threshold


def test_dark_page_text_and_literal_names(page: Any) -> None:
    text = page.evaluate("getComputedStyle(document.querySelector('#roc .xtick text')).fill")
    assert min(map(int, re.findall(r"\d+", text)[:3])) > 120, text
    assert page.locator("#roc .main-svg").first.evaluate("svg => getComputedStyle(svg).backgroundColor") in (
        "rgba(0, 0, 0, 0)",
        "transparent",
    )
    page.evaluate("document.body.classList.remove('dark')")
    page.wait_for_function(
        "before => getComputedStyle(document.querySelector('#roc .xtick text')).fill !== before", arg=text
    )
    assert page.locator("#roc img").count() == 0
    assert EVIL in page.locator("#roc .legendtext").first.text_content()
    assert page.locator("#roc figure").get_attribute("aria-label") == "ROC curves"
    assert "MCM: FPR" in page.locator("#roc figcaption").text_content()


def test_hidden_tab_is_drawn_when_shown_and_the_last_picture_can_be_hit(page: Any) -> None:
    page.locator("#more").click()  # an answer that leaves the hidden figure as it is
    page.wait_for_selector("#none .main-svg", timeout=PATIENCE)
    page.get_by_role("tab", name="second").click()
    page.wait_for_selector("#bars .main-svg", timeout=PATIENCE)
    assert page.evaluate("document.querySelector('#bars .main-svg').clientWidth") > 600
    click(page, "bars", 4.97, 0.9 * 0.9)  # far above the bars: the column counts
    told = heard(page, "near")
    assert told["column"] == ["id", "near"] and told["customdata"][1] is None  # the last bin is open
    drag(page, "bars", (2.0, 0.5), (3.0, 0.5))
    name, x = heard(page, "threshold")
    assert name == "threshold" and x == pytest.approx(3.0, abs=0.03)

    page.evaluate(COUNT_FITS)
    for tab in ("first", "second"):  # shown again as it was: nothing is drawn
        page.get_by_role("tab", name=tab).click()
        idle(page)
    assert page.evaluate("window.fits") == 0
    page.evaluate("document.body.classList.remove('dark')")
    page.wait_for_function("window.fits > 0", timeout=PATIENCE)


def test_a_tab_is_painted_before_its_figures_are_drawn(page: Any) -> None:
    assert page.evaluate(
        """async () => {
            const tabs = [...document.querySelectorAll("[role=tab]")];
            tabs.find((each) => each.textContent.trim() === "third").click();
            while (!document.querySelector("#late figure")) await new Promise(requestAnimationFrame);
            return !document.querySelector("#late .main-svg");
        }"""
    )
    page.wait_for_selector("#late .main-svg", timeout=PATIENCE)


def test_update_keeps_the_zoom_and_follows_the_width(page: Any) -> None:
    assert "no results yet" in page.locator("#none").inner_text()
    drag(page, "roc", (0.1, 0.2), (0.5, 0.7))
    before = page.locator("#roc .legendtext").first.text_content()
    page.locator("#more").click()
    page.wait_for_selector("#none .main-svg", timeout=PATIENCE)
    page.wait_for_function(
        "before => document.querySelector('#roc .legendtext').textContent !== before", arg=before, timeout=PATIENCE
    )
    assert page.evaluate("document.querySelector('#roc .studio-plot-area').layout.xaxis.range") == pytest.approx(
        [0.1, 0.5], abs=0.01
    )
    page.set_viewport_size({"width": 420, "height": 900})
    page.wait_for_function("document.querySelector('#roc .main-svg').clientWidth < 420")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def event(**told: Any) -> gr.EventData:
    """An event as a browser would send it."""
    return gr.EventData(None, told)


def test_messages_are_read_and_forged_ones_refused() -> None:
    point = {"curve": 1, "point": 2, "x": 0.5, "y": None, "customdata": [1], "meta": "near"}
    expected = PlotClick(1, 2, 0.5, None, [1], "near")
    assert read_click(event(**point, column=[point])) == PlotClick(1, 2, 0.5, None, [1], "near", (expected,))
    assert read_drag(event(shape="threshold", x=1)) == ("threshold", 1.0)
    for change in ({"curve": -1}, {"point": "0"}, {"curve": True}, {"x": [1]}, {"column": 3}, {"column": [7]}):
        with pytest.raises(StudioError, match="could not be read"):
            read_click(event(**{**point, **change}))
    with pytest.raises(StudioError, match="could not be read"):
        read_drag(event(shape="threshold", x=float("nan")))
