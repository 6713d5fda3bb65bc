"""The Explore tab as a person uses it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from tests.ui.unfolding import unfold

PATIENCE = 240_000  # milliseconds: the first picture waits for the model and its reference pictures


@pytest.fixture
def page(page: Any, address: str) -> Any:
    """The app in a browser session."""
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
    rows = page.locator(".studio-bars li")
    return [
        (rows.nth(i).locator(".label").inner_text(), rows.nth(i).locator(".share").inner_text())
        for i in range(rows.count())
    ]


@pytest.fixture
def fish(tmp_path: Path) -> Path:
    """A picture of an ID class."""
    scene = next(s for s in scenes("id-flat", 3, 60) if s.main is not None and s.main.name == "fish")
    path = tmp_path / "fish.png"
    render(scene, 256).save(path)
    return path


def test_upload_read_change_tau_and_a_broken_file(page: Any, fish: Path, tmp_path: Path) -> None:
    upload(page, fish)
    page.wait_for_selector(".studio-bars li", timeout=PATIENCE)
    before = bars(page)
    assert len(before) == 12
    assert re.search("In-distribution|Out-of-distribution", page.locator(".studio-verdict-title").inner_text())
    assert page.locator(".studio-scores tbody tr").count() == 6
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)

    unfold(page, "settings")
    page.fill("#tau input", "1")
    page.locator("#tau input").press("Enter")
    page.wait_for_function("document.querySelector('.studio-tau').innerText.includes('τ = 1')", timeout=PATIENCE)
    assert bars(page) != before  # at τ = 1 all labels share almost evenly

    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no picture")
    upload(page, broken)
    page.wait_for_selector("text=broken.png", timeout=PATIENCE)
    page.wait_for_timeout(500)
    assert len(bars(page)) == 12  # nothing is lost
    assert page.locator("#pictures img").count() == 1


def test_typed_labels_are_text_and_come_without_a_threshold(page: Any, fish: Path) -> None:
    upload(page, fish)
    page.wait_for_selector(".studio-bars li", timeout=PATIENCE)
    unfold(page, "settings")
    page.locator("#preset input").click()
    page.get_by_role("option", name="type your own").click()
    page.fill("#typed textarea", "fish\n<img src=x onerror=alert(1)>\ncar")
    page.locator("#typed textarea").blur()
    page.wait_for_selector(".studio-verdict.open", timeout=PATIENCE)
    assert page.locator("#verdict img, #bars img").count() == 0
    assert "no threshold" in page.locator(".studio-verdict-title").inner_text().lower()


def test_examples_gallery_and_several_pictures(page: Any) -> None:
    page.locator("#examples .thumbnail-item").nth(0).click()
    page.wait_for_selector(".studio-bars li", timeout=PATIENCE)
    first = "document.querySelector('#examples .thumbnail-item img').src"
    before = page.evaluate(first)
    page.get_by_label("Textures").click()
    page.wait_for_function(f"before => {first} !== before", arg=before, timeout=PATIENCE)
    page.locator("#examples .thumbnail-item").nth(1).click()
    page.wait_for_function("document.querySelectorAll('#pictures .thumbnail-item').length == 2", timeout=PATIENCE)
    page.get_by_text("All pictures as a table").click()
    page.wait_for_selector("#batch table", timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#download").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert len(lines) == 3 and lines[0].startswith("picture,verdict")


def test_own_reference_pictures_set_the_thresholds(page: Any, fish: Path, tmp_path: Path) -> None:
    upload(page, fish)
    page.wait_for_selector(".studio-bars li", timeout=PATIENCE)
    own = []
    for number, scene in enumerate(scenes("id-flat", 5, 4)):
        own.append(tmp_path / f"own-{number}.png")
        render(scene, 64).save(own[-1])
    (tmp_path / "notes.txt").write_text("no picture")
    unfold(page, "settings")
    page.locator("#reference-files input[type=file]").set_input_files([*map(str, own), str(tmp_path / "notes.txt")])
    page.wait_for_selector("text=notes.txt is not a picture", timeout=PATIENCE)
    page.wait_for_selector("#about >> text=4 pictures of yours", timeout=PATIENCE)
    page.locator("#clear").click()  # the pictures go, the settings stay
    page.locator("#examples .thumbnail-item").nth(0).click()
    page.wait_for_selector("#about >> text=4 pictures of yours", timeout=PATIENCE)
    page.locator("#reference-files").get_by_label("Clear").click()
    page.wait_for_selector("#about >> text=Diorama ID pictures", timeout=PATIENCE)


def test_narrow_window_needs_no_sideways_scrolling(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800})
    page = context.new_page()
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector("#examples img", timeout=PATIENCE)
    fits = "document.documentElement.scrollWidth <= window.innerWidth + 1"
    assert page.evaluate(fits)
    page.locator("#examples .thumbnail-item").nth(0).click()
    page.wait_for_selector(".studio-scores", timeout=PATIENCE)
    page.wait_for_selector("#histogram .main-svg", timeout=PATIENCE)
    assert page.evaluate(fits)
    context.close()


def test_huge_picture_is_refused_before_it_is_decoded(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(path)
    upload(page, path)
    page.wait_for_selector("text=huge.png", timeout=PATIENCE)
    assert page.locator(".studio-bars").count() == 0
