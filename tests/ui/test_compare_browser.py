"""The Compare tab as a person uses it, in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.evaluation.results import ResultStore
from tests.ui.pointing import click, drag
from tests.ui.test_attack_browser import COMPARED
from tests.ui.unfolding import follow, settle

PATIENCE = 240_000  # milliseconds: the first comparison draws and encodes its pictures while the app warms up
CHOICES = "backbone=diorama-conv&count=40&resamples=50"
DONE = f"{COMPARED} && document.querySelector('#compare-ood-heading h3')"


@pytest.fixture
def first_day() -> Iterator[None]:
    """No result is kept yet: those of other tests are put aside."""
    kept = ResultStore().path
    aside = kept.with_name("results-of-other-tests.sqlite3")
    if kept.exists():
        kept.replace(aside)
    yield
    if aside.exists():
        aside.replace(kept)


def compared(page: Any, address: str, view: str = "") -> None:
    """Opens a link to a comparison and waits until all of it is there."""
    follow(page, f"{address}?tab=compare&suite=diorama-hard&{CHOICES}&scorers=neglabel,mcm{view}")
    page.locator("#compare-run").click()
    page.wait_for_selector("#compare-table table", timeout=PATIENCE)
    page.wait_for_function(DONE, timeout=PATIENCE)


def count(page: Any, name: str) -> int:
    """One of the counts at the threshold."""
    box = page.locator(".studio-counts > div").filter(has_text=name)
    return int(box.locator(".count").inner_text().replace(",", ""))


def link(page: Any) -> dict[str, list[str]]:
    """What the link says that is copied; copying also puts it into the address."""
    page.locator("#compare-share [data-do=link]").click()
    return parse_qs(urlsplit(page.url).query)


def command(page: Any) -> str:
    """The command that is copied."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#compare-share [data-do=command]").click()
    page.wait_for_selector("#compare-share >> text=Copied.", timeout=PATIENCE)
    return str(page.evaluate("navigator.clipboard.readText()"))


def open_tab(page: Any, name: str) -> None:
    """Opens one of the views of a result."""
    page.locator("#compare-tabs").get_by_role("tab", name=name, exact=True).click()


@pytest.mark.usefixtures("first_day")
def test_a_first_page_shows_an_example_and_a_quick_comparison_leaves_a_result_behind(page: Any, address: str) -> None:
    page.goto(f"{address}?tab=compare", timeout=PATIENCE)
    page.wait_for_selector("#compare-stored:has-text('An example that comes with the package')", timeout=PATIENCE)
    assert page.locator("#compare-table tbody tr").count() == 6
    assert page.locator("#compare-stop").is_disabled()  # nothing runs unless asked for
    follow(page, f"{address}?tab=compare&backbone=diorama-conv")  # the example is of another model
    page.wait_for_selector("text=Which detector tells them apart best?", timeout=PATIENCE)
    assert page.locator("#compare-stop").is_disabled()  # nothing runs unless asked for
    assert not page.locator("#compare-results").is_visible()
    page.locator("#compare-quick").click()
    page.wait_for_function(DONE, timeout=PATIENCE)
    assert page.locator(".studio-matrix tbody tr").count() == 3
    assert not page.locator("#compare-empty").is_visible()
    # Whoever comes for the first time finds it as an earlier result: its table, no curves.
    other = page.context.browser.new_context()
    fresh = other.new_page()
    fresh.goto(f"{address}?tab=compare", timeout=PATIENCE)
    fresh.wait_for_selector("#compare-stored:has-text('An earlier result')", timeout=PATIENCE)
    assert fresh.locator("#compare-table tbody tr").count() == 3
    assert not fresh.locator("#compare-scored").is_visible()
    fresh.wait_for_selector("#compare-bars .main-svg", timeout=PATIENCE)
    fresh.locator("#compare-share [data-do=repeat]").click()
    fresh.wait_for_selector("#compare-histogram .main-svg", timeout=PATIENCE)
    fresh.wait_for_function(DONE, timeout=PATIENCE)
    assert not fresh.locator("#compare-stored").is_visible()
    other.close()


def test_read_the_table_sort_it_and_open_a_picture(page: Any, address: str) -> None:
    follow(page, f"{address}?tab=compare&{CHOICES}&scorers=neglabel,mcm,gen:gamma=0.2")
    page.wait_for_selector("#compare-scorers >> text=GEN (γ = 0.2)", timeout=PATIENCE)
    page.locator("#compare-run").click()
    page.wait_for_function(DONE, timeout=PATIENCE)
    rows = page.locator("#compare-table tbody tr")
    assert rows.count() == 3
    values = [float(rows.nth(i).locator("td.mean").inner_text()) for i in range(3)]
    assert values == sorted(values, reverse=True) and 50 < values[0] <= 100
    page.locator("#compare-table thead button", has_text="Average").click()
    page.wait_for_selector(".studio-matrix th[aria-sort=ascending]", timeout=PATIENCE)

    page.get_by_role("button", name=re.compile("^NegLabel on spurious")).click()
    page.wait_for_selector("#compare-ood-heading:has-text('spurious')", timeout=PATIENCE)
    page.locator("#compare-ood-gallery .thumbnail-item").first.click()
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Explore')", timeout=PATIENCE)
    page.wait_for_selector("#pictures .thumbnail-item", timeout=PATIENCE)


def test_a_link_restores_the_view_and_the_threshold_moves_everything_in_a_narrow_window(
    page: Any, address: str
) -> None:
    page.set_viewport_size({"width": 420, "height": 800})
    compared(page, address, "&set=hard-20&scorer=mcm&keep=80&metric=fpr95")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert page.get_by_label("FPR95", exact=True).is_checked()
    assert count(page, "ID kept") == 32 and count(page, "ID rejected") == 8
    missed = count(page, "OOD missed")
    slider = page.locator("#compare-keep input[type=number]")
    slider.fill("100")
    slider.press("Tab")
    page.wait_for_function("document.querySelector('.studio-counts .count').innerText == '40'", timeout=PATIENCE)
    assert count(page, "OOD missed") >= missed
    asked = link(page)
    assert asked["keep"] == ["100.0"] and asked["scorer"] == ["mcm"] and asked["scorers"] == ["neglabel,mcm"]
    assert asked["metric"] == ["fpr95"] and asked["backbone"] == ["diorama-conv"] and asked["count"] == ["40"]


def marks(page: Any, plot: str, trace: str) -> list[tuple[float | str, float]]:
    """The places of a trace's points, in the figure's own units."""
    page.wait_for_selector(f"#{plot} .main-svg", timeout=PATIENCE)
    found = page.evaluate(
        """([id, meta]) => document.querySelector(`#${id} .studio-plot-area`)._fullData
            .filter(trace => trace.meta === meta)
            .flatMap(trace => Array.from(trace.x, (x, i) => [x, trace.y[i]]))""",
        [plot, trace],
    )
    return [(x, y) for x, y in found]


def check_seen(page: Any, width: int, height: int) -> None:
    """The result and what leads to it lie within the window."""
    page.set_viewport_size({"width": width, "height": height})
    parts = ("run", "summary", "table", "keep", "counts", "tabs")
    for seen in (f"#compare-{part}" for part in parts):
        box = page.locator(seen).bounding_box()
        assert box is not None and box["y"] >= 0 and box["x"] + box["width"] <= width + 1, seen
        assert (box["y"] if seen == "#compare-tabs" else box["y"] + box["height"]) <= height, seen


def test_a_result_is_seen_at_once_its_figures_show_their_pictures_and_it_is_saved(page: Any, address: str) -> None:
    compared(page, address, "&keep=95")
    check_seen(page, 1440, 900)
    kept = "document.querySelector('#compare-keep input[type=number]').value"
    # The curve of MCM in its middle: its scorer, and the threshold there.
    open_tab(page, "Curves")
    places = [place for place in marks(page, "compare-roc", "MCM (τ = 1)") if 0.2 < place[1] < 0.9]
    click(page, "compare-roc", *places[len(places) // 2])
    page.wait_for_function(f"{kept} != '95'", timeout=PATIENCE)
    open_tab(page, "Scores")
    page.wait_for_selector("#compare-histogram figcaption:has-text('MCM')", state="attached", timeout=PATIENCE)
    # The threshold dragged to below all scores: everything is kept.
    threshold, low, middle = page.evaluate(
        """() => {
            const { shapes, xaxis, yaxis } = document.querySelector('#compare-histogram .studio-plot-area')._fullLayout;
            return [shapes[0].x0, xaxis.range[0], yaxis.range[1] / 2];
        }"""
    )
    drag(page, "compare-histogram", (threshold, middle), (low, middle))
    page.wait_for_function(f"{kept} == '100'", timeout=PATIENCE)
    # A bin, away from the line, which could be dragged there: the pictures in it.
    before = page.locator("#compare-ood-heading").inner_text()
    line = page.evaluate("document.querySelector('#compare-histogram .studio-plot-area')._fullLayout.shapes[0].x0")
    bins = [(x, y) for x, y in marks(page, "compare-histogram", "hard-20") if y > 0]
    x, y = max(bins, key=lambda each: abs(each[0] - line))
    click(page, "compare-histogram", x, y / 2)
    page.wait_for_function(
        "before => document.querySelector('#compare-ood-heading').innerText != before", arg=before, timeout=PATIENCE
    )
    # A bar: its scorer and set.
    open_tab(page, "All sets")
    page.wait_for_selector("#compare-bars .main-svg", timeout=PATIENCE)
    click(page, "compare-bars", -0.2, 0.6)  # the left one of the two
    page.wait_for_selector("#compare-table button[aria-pressed=true][aria-label^='NegLabel on']", timeout=PATIENCE)
    # A point of the scatter: that picture.
    open_tab(page, "Two scorers")
    click(page, "compare-scatter", *marks(page, "compare-scatter", "hard-20")[0])
    page.wait_for_function(
        "document.querySelectorAll('#compare-first-gallery .thumbnail-item').length == 1", timeout=PATIENCE
    )
    page.wait_for_selector("#compare-verdict:has-text('DeLong')", timeout=PATIENCE)
    assert command(page).startswith("python -m ood_studio bench --suite diorama-hard --scorers neglabel mcm")
    open_tab(page, "Save")
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#compare-csv").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 3 and lines[0].startswith("suite,id,ood,backbone,scorer")
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#compare-figures").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8")
    assert "Plotly" in saved and "<script src=" not in saved


def test_own_pictures_are_uploaded_and_a_broken_one_is_named(page: Any, address: str, tmp_path: Path) -> None:
    for kind, split in (("id", "id-flat"), ("ood", "far-ood-textures")):
        for i, scene in enumerate(scenes(split, 5, 12)):
            render(scene, 64).save(tmp_path / f"{kind}{i}.png")
    (tmp_path / "ood broken.png").write_bytes(b"no picture")
    page.goto(f"{address}?tab=compare", timeout=PATIENCE)  # a link that computes something might still be at it
    page.wait_for_selector("#compare-suite input", timeout=PATIENCE)
    settle(page)
    page.locator("#compare-suite input").click()
    page.get_by_role("option", name="My own pictures").click()
    page.wait_for_selector("#compare-class-labels", timeout=PATIENCE)
    page.locator("#shared-labels input").click()
    page.get_by_role("option", name="type your own").click()
    page.wait_for_selector("#shared-labels-own textarea", timeout=PATIENCE)
    settle(page)
    for kind in ("id", "ood"):
        page.locator(f"#compare-{kind}-files input[type=file]").set_input_files(
            [str(path) for path in sorted(tmp_path.glob(f"{kind}*.png"))]
        )
    page.fill("#shared-labels-own textarea", "fish, cat, guitar")
    page.locator("#shared-labels-own textarea").press("Tab")
    page.wait_for_selector("#compare-ood-files:has-text('ood broken')", timeout=PATIENCE)
    page.locator("#compare-run").click()
    page.wait_for_selector("#compare-notes:has-text('ood broken.png')", timeout=PATIENCE)
    page.wait_for_selector("#compare-about:has-text('3 ID labels')", timeout=PATIENCE)
    assert 0 <= float(page.locator("#compare-table td").first.inner_text().split()[0]) <= 100


def test_an_earlier_result_opens_beside_todays_and_fills_the_form(page: Any, address: str) -> None:
    compared(page, address, "&seed=5")
    compared(page, address)
    open_tab(page, "Earlier results")
    page.locator("#compare-earlier button", has_text="seed 5").first.click()
    page.wait_for_selector("#compare-earlier-table tbody tr:nth-child(2)", timeout=PATIENCE)
    assert page.locator("#compare-table tbody tr").count() == 2
    page.wait_for_selector("#compare-earlier-table caption:has-text('today')", timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#compare-earlier-json").click()
    assert {each["seed"] for each in json.loads(Path(download.value.path()).read_text())} == {5}
    assert page.locator("#compare-seed input").input_value() == "1"
    page.locator("#compare-earlier-again").click()
    page.wait_for_function("document.querySelector('#compare-seed input').value == '5'", timeout=PATIENCE)
    assert page.locator("#shared-backbone input").input_value() == "diorama-conv"
    page.locator("#compare-run").click()
    page.wait_for_selector("#compare-about:has-text('seed 5')", timeout=PATIENCE)
    page.wait_for_function(COMPARED, timeout=PATIENCE)


def test_stop_keeps_what_has_come_and_a_page_that_was_left_finds_its_comparison_again(page: Any, address: str) -> None:
    compared(page, address)
    page.fill("#compare-count input", "20000")
    page.locator("#compare-count input").press("Tab")
    page.locator("#compare-run").click()
    page.wait_for_function("!document.querySelector('#compare-stop').disabled", timeout=PATIENCE)
    page.locator("#compare-stop").click()
    page.wait_for_function(COMPARED, timeout=PATIENCE)
    assert page.locator("#compare-table tbody tr").count() == 2

    page.locator("#compare-run").click()
    page.wait_for_selector("#compare-progress p", timeout=PATIENCE)
    page.goto(f"{address}?tab=compare", timeout=PATIENCE)
    page.wait_for_selector("#compare-progress p", timeout=PATIENCE)
    assert page.locator("#compare-run").is_disabled()
    page.locator("#compare-stop").click()
    page.wait_for_function(COMPARED, timeout=PATIENCE)


def test_no_scorer_is_told_and_a_broken_link_too(page: Any, address: str) -> None:
    page.goto(f"{address}?tab=compare&suite=diorama&{CHOICES}&scorers=no-such-scorer", timeout=PATIENCE)
    page.wait_for_selector("text=unknown scorer 'no-such-scorer'", timeout=PATIENCE)
    page.goto(f"{address}?tab=compare&suite=diorama&count=many", timeout=PATIENCE)
    page.wait_for_selector("text=the link’s count must be a whole number, not 'many'", timeout=PATIENCE)
