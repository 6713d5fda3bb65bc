"""A model without a text tower in the tabs: its own classes, its own scores, sentences where something cannot be."""

from __future__ import annotations

import re
from typing import Any

from tests.ui.test_attack_browser import quick, run
from tests.ui.test_browser import PATIENCE

MODEL = "?backbone=diorama-classifier"


def test_explore_and_attack_show_the_models_own_classes(page: Any, address: str) -> None:
    page.goto(address + MODEL, timeout=PATIENCE)
    page.wait_for_selector("#verdict .studio-verdict:not(.pending) >> text=The model's own class", timeout=PATIENCE)
    said = page.locator("#verdict").inner_text()
    assert re.search(r"MSP score .* the threshold", said) and "drawings only" in said
    assert "classes of the model's own head" in page.locator("#bars").inner_text()
    assert page.locator("#scores tbody tr").count() == 6
    assert "This model has no text tower" in page.locator("#meaning").inner_text()

    page.get_by_role("tab", name="Attack", exact=True).click()
    for box in ("#attack-source", "#attack-target"):
        page.wait_for_selector(f"{box} img", timeout=PATIENCE)
    quick(page)
    run(page)
    assert page.locator("#attack-scores tbody tr").count() == 6
    page.get_by_text("an ID label", exact=True).click()
    page.locator("#attack-target-label input").fill("zebra")
    page.locator("#attack-target-label input").press("Tab")
    page.locator("#attack-run").click()
    page.wait_for_selector("text=its head no class 'zebra'", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('#attack-run').disabled", timeout=PATIENCE)
    assert page.locator("#attack-stop").is_disabled()
