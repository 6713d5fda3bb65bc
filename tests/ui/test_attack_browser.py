"""The Attack tab as a person uses it, in a real browser."""

from __future__ import annotations

import itertools
import json
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from torch import Tensor

from ood_studio.backbones import ImageFeatures
from ood_studio.backbones.open_clip_model import OpenClipBackbone
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
from ood_studio.ui.attack import batch
from tests.ui.unfolding import settle, unfold

PATIENCE = 240_000  # milliseconds: the first attack may wait for the model, its reference pictures and other work
IDLE = "!document.querySelector('#attack-run').disabled"
COMPARED = "document.querySelector('#compare-stop').disabled && !document.querySelector('#compare-run').disabled"


def open_tab(page: Any, address: str) -> None:
    page.goto(address, timeout=PATIENCE)
    page.get_by_role("tab", name="Attack").click()
    for box in ("#attack-source", "#attack-target"):
        page.wait_for_selector(f"{box} img", timeout=PATIENCE)


def set_number(page: Any, name: str, value: float) -> str:
    """Types into a slider's box; gives what the form made of it."""
    box = page.locator(f"#{name} input[type=number]")
    box.fill(str(value))
    box.press("Tab")
    return str(box.input_value())


def quick(page: Any, steps: int = 40) -> None:
    """Few steps without smoothness, which flip the first pair of pictures."""
    unfold(page, "attack-more")
    set_number(page, "attack-steps", steps)
    set_number(page, "attack-smoothness", 0)


def few_to_learn_from(patch: pytest.MonkeyPatch) -> None:
    """A batch whose scorers learn from 100 pictures."""
    patch.setattr(batch, "START", replace(batch.START, train_count=100))


def run(page: Any) -> None:
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-ready h2", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)


def test_the_verdict_flips_and_the_saved_picture_still_fools_the_model(page: Any, address: str, tmp_path: Path) -> None:
    open_tab(page, address)
    quick(page)
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-verdict .in >> text=Fooled: OOD became in-distribution", timeout=PATIENCE)
    assert page.locator("#attack-spoken [aria-live=polite]").inner_text().startswith("Fooled")
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert page.locator("#attack-pictures img[alt]").count() == 3
    assert page.locator("#attack-scores tbody tr").count() == 6
    assert page.locator("#attack-slider img").count() >= 2
    page.get_by_role("tab", name="What changed?").click()
    page.wait_for_selector(".studio-halves .studio-bars >> nth=1", timeout=PATIENCE)

    page.get_by_role("tab", name="Save and send").click()
    saved = {}
    for name in ("png", "exact", "record"):
        with page.expect_download(timeout=PATIENCE) as download:
            page.locator(f"#attack-{name}").click()
        saved[name] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[name])
    record = json.loads(saved["record"].read_text(encoding="utf-8"))
    assert record["request"]["attack"]["steps"] == 40 and record["source_png"] and record["target_png"]
    with Image.open(saved["png"]) as picture:
        assert picture.format == "PNG" and np.load(saved["exact"]).shape == (*picture.size, 3)

    page.locator("#attack-explore").click()  # the app's own way, then a person's
    page.wait_for_selector("#verdict .studio-verdict.in", timeout=PATIENCE)
    page.get_by_role("tab", name="Attack").click()
    page.locator("#attack-source").get_by_label("Clear").or_(
        page.locator("#attack-source").get_by_label("Remove Image")
    ).first.click()
    page.locator("#attack-source input[type=file]").set_input_files(str(saved["png"]))
    page.wait_for_selector("#attack-source img", timeout=PATIENCE)
    set_number(page, "attack-steps", 1)
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-verdict >> text=In-distribution from the start", timeout=PATIENCE)


def test_a_run_that_is_stopped_or_diverges_keeps_the_last_good_picture(
    page: Any, address: str, monkeypatch: Any
) -> None:
    whole, calls = OpenClipBackbone._encode_image, itertools.count(1)

    def breaking(self: OpenClipBackbone, pixels: Tensor) -> ImageFeatures:
        found = whole(self, pixels)
        broken = pixels.requires_grad and next(calls) > 25  # only the attack asks for gradients
        return replace(found, visual=found.visual * math.nan) if broken else found

    open_tab(page, address)
    quick(page, 2000)
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-pictures img", timeout=PATIENCE)
    page.locator("#attack-stop").click()
    page.wait_for_selector("#attack-verdict >> text=Stopped: what has come so far is kept.", timeout=PATIENCE)
    page.wait_for_selector("#attack-ready h2", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert page.locator("#attack-pictures img").count() == 3
    page.set_viewport_size({"width": 420, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth + 1", timeout=PATIENCE)
    page.set_viewport_size({"width": 1600, "height": 1000})

    open_tab(page, address)
    quick(page, 60)
    monkeypatch.setattr(OpenClipBackbone, "_encode_image", breaking)
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-verdict >> text=not finite", timeout=PATIENCE)
    page.wait_for_selector("#attack-verdict >> text=The last good picture is kept.", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    assert page.locator("#attack-pictures img").count() == 3
    page.get_by_role("tab", name="Save and send").click()
    with page.expect_download(timeout=PATIENCE):
        page.locator("#attack-png").click()


def test_only_what_is_painted_changes(page: Any, address: str, tmp_path: Path) -> None:
    open_tab(page, address)
    quick(page, 20)
    unfold(page, "attack-mask-box")
    canvas = page.locator("#attack-mask canvas").first
    canvas.scroll_into_view_if_needed(timeout=PATIENCE)
    page.wait_for_timeout(1500)  # the editor fits the picture in
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 20, steps=8)
    page.mouse.up()
    run(page)
    page.get_by_role("tab", name="Save and send").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.locator("#attack-exact").click()
    download.value.save_as(tmp_path / "change.npy")
    changed = np.abs(np.load(tmp_path / "change.npy")).max(axis=2) > 0
    assert 0 < changed.mean() < 0.3
    height, width = changed.shape
    assert changed[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3].any()
    assert not changed[: height // 8].any() and not changed[:, : width // 8].any()


def test_smoothness_is_kept_within_its_bounds_and_the_picture_itself_is_no_target(
    page: Any, address: str, tmp_path: Path
) -> None:
    open_tab(page, address)
    said = page.locator("#attack-smoothness .studio-log-said")
    assert "408.2 at the model" in said.inner_text()
    assert set_number(page, "attack-smoothness", 99_999) == "10000"
    assert "816.3 at the model" in said.inner_text()
    slider = page.locator("#attack-smoothness input[type=range]")
    slider.press("Home")
    assert page.locator("#attack-smoothness input[type=number]").input_value() == "0"
    for _ in range(3):
        slider.press("ArrowRight")
    assert 1 <= float(page.locator("#attack-smoothness input[type=number]").input_value()) < 2
    assert "at the model" in str(slider.get_attribute("aria-valuetext"))

    path = tmp_path / "same.png"
    render(scenes("near-ood", 3, 1)[0], 64).save(path)
    for box in ("#attack-source", "#attack-target"):
        page.locator(box).get_by_label("Clear").or_(page.locator(box).get_by_label("Remove Image")).first.click()
        page.locator(f"{box} input[type=file]").set_input_files(str(path))
        page.wait_for_selector(f"{box} img", timeout=PATIENCE)
    page.locator("#attack-run").click()
    page.wait_for_selector("text=the target is the picture itself; give another one", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)


def test_closing_the_browser_stops_the_work(
    browser: Any, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, steps = OpenClipBackbone._encode_image, itertools.count()
    monkeypatch.setattr(OpenClipBackbone, "_encode_image", lambda self, pixels: (next(steps), whole(self, pixels))[1])
    context = browser.new_context()
    page = context.new_page()
    open_tab(page, address)
    quick(page, 2000)
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-pictures img", timeout=PATIENCE)
    context.close()
    path = tmp_path / "next.png"
    render(scenes("near-ood", 3, 1)[0], 64).save(path)
    Client(address, verbose=False, ssl_verify=False).predict(
        picture=handle_file(path), target_score="neglabel", steps=1, api_name="/attack"
    )
    before, count = -1, next(steps)
    while count != before + 1:  # until no more is done
        time.sleep(0.5)
        before, count = count, next(steps)
    assert count < 2000


def test_an_attacked_batch_opens_in_compare(page: Any, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few_to_learn_from(monkeypatch)
    open_tab(page, address)
    quick(page, 2)
    page.get_by_role("tab", name="Attack a batch").click()
    settle(page)
    page.fill("#attack-batch-count input", "10")
    page.locator("#attack-batch").click()
    page.wait_for_selector("#attack-batch-table tbody tr", timeout=PATIENCE)
    page.locator("#attack-batch-compare").click()
    page.wait_for_selector("#compare-added >> text=near-ood, λ = 0, on diorama (10 pictures)", timeout=PATIENCE)
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Compare')", timeout=PATIENCE)
    settle(page)
    page.fill("#compare-count input", "20")
    page.locator("#compare-count input").press("Tab")
    unfold(page, "compare-more")
    page.fill("#compare-train-count input", "100")
    page.locator("#compare-train-count input").press("Tab")
    page.locator("#compare-run").click()
    page.wait_for_selector(".studio-matrix thead:has-text('near-ood λ 0')", timeout=PATIENCE)
    page.wait_for_function(COMPARED, timeout=PATIENCE)  # or it goes on beside later tests
