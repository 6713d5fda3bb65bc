"""The Explore tab as a person uses it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from tests.ui.unfolding import idle, unfold

PATIENCE = 240_000  # milliseconds: the first picture waits for the model and its reference pictures


@pytest.fixture
def window() -> tuple[int, int]:
    """Width and height of the page, in pixels."""
    return 1600, 1000


@pytest.fixture
def page(page: Any, address: str, window: tuple[int, int]) -> Any:
    """The app in a browser session."""
    page.set_viewport_size({"width": window[0], "height": window[1]})
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector("#examples img", timeout=PATIENCE)
    return page


def upload(page: Any, *paths: Path) -> None:
    """Adds files with the button for it."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures").click()
    chooser.value.set_files([str(path) for path in paths])


def bars(page: Any) -> list[tuple[str, str]]:
    """Labels and shares of the affinity bars, strongest first."""
    rows = page.locator("#bars .studio-bars li")
    return [
        (rows.nth(i).locator(".label").inner_text(), rows.nth(i).locator(".share").inner_text())
        for i in range(rows.count())
    ]


TABS = ("Compare", "Synthesize", "Attack", "Adapt", "Detect", "Models", "Explore")
NONE_EMPTY = """() => {
  const seen = [...document.querySelectorAll(".studio-plot")].filter((each) => each.offsetParent !== null);
  return seen.every((each) => {
    const note = each.querySelector(".studio-plot-note");
    const said = !note.hidden && note.textContent.trim();
    return said || each.querySelector(".main-svg .trace, .main-svg .barlayer path");
  });
}"""


def every_tab_has_its_figures(page: Any) -> None:
    """On a slow machine too, where what a tab begins with comes late, no figure is empty without saying why."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_selector(f"#tabs [role=tab][aria-selected=true] >> text={name}", timeout=PATIENCE)
        page.wait_for_function(NONE_EMPTY, timeout=PATIENCE)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    # Adapt and Detect begin with an answered example, which is theirs alone: each tab keeps it while others are seen.
    for example in (
        "#adapt-verdict:has-text('An example that comes with the studio: diorama-plp')",
        "#adapt-losses figure:not([data-empty])",
        "#adapt-table tbody tr >> nth=1",
        "#detect-card:has-text('An example, made of what the sidebar and the boxes hold')",
        "#detect-decisions tbody tr >> nth=23",
    ):
        page.wait_for_selector(example, state="attached", timeout=PATIENCE)


KEPT_STATUSES = """async () => {
  const { name } = performance.getEntriesByType("resource").find((each) => each.name.includes("/statustracker-"));
  const { prototype } = Object.values(await import(name)).find((each) => each?.prototype?.resolve_args);
  const statuses = new prototype.constructor();
  statuses.register(1, [7], [8, 9], "hidden"); // an event's number, what it shows progress on, what it reads
  for (const status of ["pending", "complete"]) {
    statuses.update({ fn_index: 1, status, stream_state: status === "complete" ? "closed" : null });
  }
  return Object.keys(statuses.current);
}"""


def tabs_opened_again_ask_for_nothing(page: Any) -> None:
    """Nor is any component told at each event that what read it is loading."""
    page.wait_for_selector("#synth-prompt .studio-prompt", state="attached", timeout=PATIENCE)  # the last to come
    names = {each["id"]: each["api_name"] for each in page.evaluate("window.gradio_config.dependencies")}
    asked: list[str] = []

    def note(request: Any) -> None:
        if request.url.endswith("/run/predict"):
            asked.append(names[request.post_data_json["fn_index"]])

    page.on("request", note)
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_selector(f"#tabs [role=tab][aria-selected=true] >> text={name}", timeout=PATIENCE)
        idle(page)
    page.remove_listener("request", note)
    assert not [name for name in asked if not name.endswith("_tick")]
    assert page.evaluate(KEPT_STATUSES) == ["7"]


@pytest.fixture
def fish(tmp_path: Path) -> Path:
    """A picture of an ID class."""
    scene = next(s for s in scenes("id-flat", 3, 60) if s.main is not None and s.main.name == "fish")
    path = tmp_path / "fish.png"
    render(scene, 256).save(path)
    return path


def test_it_opens_answered_and_reads_what_is_uploaded_but_for_broken_and_huge_files(
    page: Any, fish: Path, tmp_path: Path
) -> None:
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)
    assert page.locator("#pictures .thumbnail-item").count() == 1 and len(bars(page)) == 12
    assert "20 ID labels against" in page.locator("#meaning").inner_text()

    every_tab_has_its_figures(page)
    tabs_opened_again_ask_for_nothing(page)

    upload(page, fish)
    page.wait_for_function("document.querySelectorAll('#pictures .thumbnail-item').length == 2", timeout=PATIENCE)
    page.wait_for_selector("#pictures .thumbnail-item.selected >> nth=0", timeout=PATIENCE)
    before = bars(page)
    assert len(before) == 12
    assert re.search("In-distribution|Out-of-distribution", page.locator("#verdict .studio-verdict-title").inner_text())
    assert page.locator("#scores .studio-scores tbody tr").count() == 6
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)

    unfold(page, "shared-score")
    page.fill("#shared-tau textarea", "1")
    page.locator("#shared-tau textarea").press("Enter")
    page.wait_for_function("document.querySelector('.studio-tau').innerText.includes('τ = 1')", timeout=PATIENCE)
    assert bars(page) != before  # at τ = 1 all labels share almost evenly
    page.fill("#shared-tau textarea", "99")
    page.locator("#shared-tau textarea").press("Enter")
    page.wait_for_selector("#notices >> text=tau must lie between 0.0001 and 10, not 99", timeout=PATIENCE)
    assert "τ = 1" in page.locator("#bars .studio-tau").inner_text()  # nothing is lost

    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no picture")
    upload(page, broken)
    page.wait_for_selector("#notices >> text=broken.png", timeout=PATIENCE)
    huge = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(huge)
    upload(page, huge)
    page.wait_for_selector("#notices >> text=huge.png", timeout=PATIENCE)
    assert len(bars(page)) == 12 and page.locator("#pictures .thumbnail-item").count() == 2


def test_examples_several_pictures_and_typed_labels_that_are_text_without_a_threshold(page: Any) -> None:
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    first = "document.querySelector('#examples .thumbnail-item img').src"
    before = page.evaluate(first)
    page.locator("#source input").click()
    page.get_by_role("option", name="Textures").click()
    page.wait_for_function(f"before => {first} !== before", arg=before, timeout=PATIENCE)
    page.locator("#examples .thumbnail-item").nth(1).click()
    page.wait_for_function("document.querySelectorAll('#pictures .thumbnail-item').length == 2", timeout=PATIENCE)
    page.get_by_text("All pictures as a table").click()
    page.wait_for_selector("#batch table", timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#download").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 3 and lines[0].startswith("picture,verdict")

    page.locator("#shared-labels input").click()
    page.get_by_role("option", name="type your own").click()
    page.fill("#shared-labels-own textarea", "fish\n<img src=x onerror=alert(1)>\ncar")
    page.locator("#shared-labels-own textarea").blur()
    page.wait_for_selector("#verdict .studio-verdict.open", timeout=PATIENCE)
    assert page.locator("#verdict img, #bars img, #meaning img").count() == 0
    assert "no threshold" in page.locator("#verdict .studio-verdict-title").inner_text().lower()
    assert "there is no threshold" in page.locator("#meaning").inner_text()

    page.locator("#clear").click()
    page.wait_for_selector("#verdict >> text=Give it a picture", timeout=PATIENCE)
    assert not page.locator("#bars section").count()


def test_own_reference_pictures_set_the_thresholds(page: Any, tmp_path: Path) -> None:
    page.wait_for_selector("#about >> text=Diorama ID pictures", timeout=PATIENCE)
    own = []
    for number, scene in enumerate(scenes("id-flat", 5, 4)):
        own.append(tmp_path / f"own-{number}.png")
        render(scene, 64).save(own[-1])
    (tmp_path / "notes.txt").write_text("no picture")
    unfold(page, "shared-references")
    files = page.locator("#shared-reference-files input[type=file]")
    files.set_input_files([*map(str, own), str(tmp_path / "notes.txt")])
    page.wait_for_selector("#notices >> text=notes.txt is not a picture", timeout=PATIENCE)
    page.wait_for_selector("#about >> text=4 pictures of yours", timeout=PATIENCE)
    page.locator("#clear").click()  # the pictures go, the choice stays
    page.wait_for_selector("#verdict >> text=Give it a picture", timeout=PATIENCE)
    page.locator("#examples .thumbnail-item").nth(0).click()
    page.wait_for_selector("#about >> text=4 pictures of yours", timeout=PATIENCE)
    page.locator("#shared-reference-files").get_by_label("Clear").click()
    page.wait_for_selector("#about >> text=Diorama ID pictures", timeout=PATIENCE)


def shared_view(page: Any) -> dict[str, str]:
    """What the buttons of sharing hold."""
    box = "document.querySelector('#explore-share')"
    page.evaluate("() => { window.copied = []; navigator.clipboard.writeText = async (text) => copied.push(text); }")
    for name in ("link", "command"):
        page.locator(f"#explore-share [data-do={name}]").click()
    page.wait_for_function("window.copied.length == 2", timeout=PATIENCE)
    assert page.evaluate(f"{box}.innerText").find("Copied.") >= 0
    link, command = page.evaluate("window.copied")
    return {"link": link, "command": command}


def test_what_is_seen_is_a_link_a_command_and_remembered(page: Any, address: str) -> None:
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    page.locator("#examples .thumbnail-item").nth(3).click()
    page.wait_for_function("document.querySelectorAll('#pictures .thumbnail-item').length == 2", timeout=PATIENCE)
    unfold(page, "shared-score")
    page.fill("#shared-tau textarea", "0.5")
    page.locator("#shared-tau textarea").press("Enter")
    page.wait_for_function("document.querySelector('.studio-tau').innerText.includes('τ = 0.5')", timeout=PATIENCE)
    seen, found = bars(page), shared_view(page)
    assert found["link"].endswith("?tab=explore&tau=0.5&example=id-test/0/3")
    assert re.fullmatch(r"python -m ood_studio explore \S+\.png \S+\.png --tau 0\.5", found["command"])
    page.locator("#explore-share [data-do=repeat]").click()
    other = page.context.browser.new_context().new_page()
    other.goto(found["link"], timeout=PATIENCE)
    other.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    other.wait_for_function("document.querySelector('.studio-tau').innerText.includes('τ = 0.5')", timeout=PATIENCE)
    assert bars(other) == seen
    other.goto(address, timeout=PATIENCE)  # the browser remembers what was chosen
    other.wait_for_function("document.querySelector('.studio-tau')?.innerText.includes('τ = 0.5')", timeout=PATIENCE)
    other.context.close()


def test_one_thing_of_a_scene_is_changed_and_a_strip_shows_what_flips_it(page: Any, address: str) -> None:
    changed = "document.querySelector('#explore-changed').innerText"
    page.goto(f"{address}?tab=explore&example=far-ood-scenes/0/0&change=light=0.6x", timeout=PATIENCE)
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    unfold(page, "explore-change")
    page.wait_for_function(f"{changed}.includes('Light: 0.6x')", timeout=PATIENCE)
    assert shared_view(page)["link"].endswith("example=far-ood-scenes/0/0&change=light=0.6x")
    dark = page.locator("#scores").inner_text()
    page.locator("#explore-reset").click()
    page.wait_for_function(f"{changed}.includes('as it was')", timeout=PATIENCE)
    lit = page.locator("#scores").inner_text()
    assert lit != dark
    page.locator("#explore-thing input").click()
    page.get_by_role("option", name="Style").click()
    page.wait_for_function("document.querySelector('#explore-value input').value.includes('as it was')")
    page.locator("#explore-value input").click()
    page.get_by_role("option", name="sketch").click()
    page.wait_for_function(f"{changed}.includes('Style: sketch')", timeout=PATIENCE)
    assert page.locator("#scores").inner_text() not in (lit, dark)

    page.locator("#explore-flips").click()
    page.wait_for_selector("#explore-flips:enabled", timeout=PATIENCE)
    page.wait_for_function("/flips/.test(document.querySelector('#explore-strip')?.innerText)", timeout=PATIENCE)
    page.locator("#explore-strip [data-pick='0']").click()  # as it was
    page.wait_for_function(f"{changed}.includes('as it was')", timeout=PATIENCE)
    assert page.locator("#scores").inner_text() == lit
    page.locator("#source input").click()
    page.get_by_role("option", name="Real photographs").click()
    page.locator("#examples [aria-label*=china], #examples .thumbnail-item").first.click()
    page.wait_for_function(f"{changed}.includes('photograph cannot be redrawn')", timeout=PATIENCE)


@pytest.mark.parametrize("window", [(400, 800)])
def test_narrow_window_needs_no_sideways_scrolling(page: Any) -> None:
    fits = "document.documentElement.scrollWidth <= window.innerWidth + 1"
    assert page.evaluate(fits)
    page.wait_for_selector("#scores .studio-scores", timeout=PATIENCE)
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)
    assert page.evaluate(fits)
    assert page.locator(".sidebar.open").count() == 0  # it would hide everything


_FITTED = """() => {
  const area = document.querySelector("#histogram .studio-plot-area");
  return area._fullLayout.width === area.clientWidth;
}"""


@pytest.mark.parametrize("window", [(1440, 900)])
def test_everything_about_a_picture_is_seen_without_scrolling(page: Any) -> None:
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)
    for width, height in ((1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(_FITTED, timeout=PATIENCE)
        idle(page)
        for part in ("sidebar", "examples", "verdict", "large", "bars", "histogram", "scores", "explore-share"):
            box = page.locator(f"#{part}").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, (part, box)
            assert box["y"] + box["height"] <= height, (part, box)
