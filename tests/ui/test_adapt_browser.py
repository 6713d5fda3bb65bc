"""The Adapt tab as a person uses it, in a real browser: break, repair, judge, use."""

from __future__ import annotations

from typing import Any

import pytest

from ood_studio.adapters import find_adapter
from tests.ui.test_attack_browser import COMPARED, few_to_learn_from, open_tab, quick
from tests.ui.unfolding import settle, unfold

PATIENCE = 240_000  # milliseconds: the first training draws and encodes its pictures
IDLE = "!document.querySelector('#adapt-run').disabled && document.querySelector('#adapt-stop').disabled"


def train(page: Any, method: str) -> None:
    """Trains on few pictures, with a method typed with its parameters."""
    box = page.locator("#adapt-method input")
    box.fill(method)
    box.press("Enter")
    unfold(page, "adapt-more")
    for name, value in (("adapt-train-count", "200"), ("adapt-held-out", "40")):
        count = page.locator(f"#{name} input[type=number]").first
        count.fill(value)
        count.press("Tab")
    page.locator("#adapt-run").click()
    page.wait_for_selector("#adapt-ready h2", state="attached", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)


def test_a_head_is_trained_judged_saved_and_used(page: Any, address: str) -> None:
    page.goto(f"{address}?tab=adapt&backbone=diorama-conv&method=no-such-method", timeout=PATIENCE)
    page.wait_for_selector("text=Repair a detector", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('#shared-backbone input').value == 'diorama-conv'", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('#adapt-method input')?.value == 'no-such-method'", timeout=PATIENCE)
    # No example of another model or method, and no figures that there are not.
    assert not page.locator("#adapt-losses, #adapt-rates, #adapt-results").filter(visible=True).count()
    page.locator("#adapt-run").click()
    page.wait_for_selector("text=there is no adapter 'no-such-method'", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    train(page, "probe:epochs=8")
    page.wait_for_selector("#adapt-losses .main-svg", timeout=PATIENCE)
    assert "Epoch 8 of 8" in page.locator("#adapt-verdict").inner_text()
    assert "ID accuracy" in page.locator("#adapt-verdict").inner_text()
    assert page.locator("#adapt-table tbody tr").count() == 2
    page.wait_for_selector("#adapt-after .main-svg", timeout=PATIENCE)
    page.get_by_role("tab", name="Changed verdicts").click()
    page.wait_for_selector("#adapt-wrong .thumbnail-item", timeout=PATIENCE)
    page.locator("#adapt-tabs").get_by_role("tab", name="Save").click()
    settle(page)
    page.fill("#adapt-name input, #adapt-name textarea", "of-the-browser")
    page.locator("#adapt-save").click()
    page.wait_for_selector("#adapt-saved:has-text('Saved as of-the-browser')", timeout=PATIENCE)
    assert find_adapter("of-the-browser").record.epochs == 8
    page.locator("#adapt-use").click()
    page.wait_for_selector("#shared-adapter .token:has-text('of-the-browser')", timeout=PATIENCE)
    # Explore reads the adapted model.
    page.get_by_role("tab", name="Explore", exact=True).click()
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)


def test_an_attacked_batch_is_learnt_from(page: Any, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few_to_learn_from(monkeypatch)
    open_tab(page, address)
    quick(page, 2)
    page.get_by_role("tab", name="Attack a batch").click()
    settle(page)
    page.fill("#attack-batch-count input", "10")
    page.locator("#attack-batch").click()
    page.wait_for_selector("#attack-batch-adapt:visible", timeout=PATIENCE)
    page.locator("#attack-batch-adapt").click()
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Adapt')", timeout=PATIENCE)
    page.wait_for_function(
        "document.querySelector('#adapt-synthetic input')?.value.includes('attacked')", timeout=PATIENCE
    )
    train(page, "synood-projection:epochs=2")
    assert "these pictures" in page.locator("#adapt-table").inner_text()
    # Memorised, fresh, and attacked again: side by side, each with its pictures.
    page.get_by_role("tab", name="Judge again").click()
    settle(page)
    page.fill("#adapt-again-count input", "10")
    page.locator("#adapt-again-count input").press("Tab")
    page.locator("#adapt-again").click()
    page.wait_for_selector("#adapt-rounds section.repeated", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#adapt-again').disabled", timeout=PATIENCE)
    rounds = page.locator("#adapt-rounds section")
    assert [each.split(" caught")[0].split()[-1] for each in rounds.all_inner_texts()] == ["10"] * 3
    assert page.locator("#adapt-rounds figure img").count() == 30
    page.get_by_role("tab", name="What moved").click()
    page.wait_for_selector("#adapt-map .main-svg", timeout=PATIENCE)
    # Compared with what was before: the adapter is on the model of Compare, too.
    page.locator("#adapt-tabs").get_by_role("tab", name="Save").click()
    settle(page)
    page.fill("#adapt-name input, #adapt-name textarea", "of-the-loop")
    page.locator("#adapt-save").click()
    page.wait_for_selector("#adapt-saved:has-text('Saved as of-the-loop')", timeout=PATIENCE)
    page.locator("#adapt-use").click()
    page.wait_for_selector("#shared-adapter .token:has-text('of-the-loop')", timeout=PATIENCE)
    page.get_by_role("tab", name="Compare", exact=True).click()
    settle(page)
    unfold(page, "compare-more")
    for name in ("compare-count", "compare-train-count"):
        page.fill(f"#{name} input", "20")
        page.locator(f"#{name} input").press("Tab")
    page.locator("#compare-run").click()
    page.wait_for_selector("#compare-table:has-text('of-the-loop+')", timeout=PATIENCE)
    page.wait_for_function(COMPARED, timeout=PATIENCE)  # or it goes on beside later tests
