"""A detector made of what is explored, and loaded again, as a person does it in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PATIENCE = 240_000  # milliseconds
IDLE = "!document.querySelector('#detect-make').disabled && document.querySelector('#detect-stop').disabled"


def test_a_detector_is_made_decides_and_is_loaded_again(page: Any, address: str, tmp_path: Path) -> None:
    page.goto(address, timeout=PATIENCE)
    page.wait_for_selector("#verdict .studio-verdict:not(.pending)", timeout=PATIENCE)
    # What the threshold promises stands beside it.
    assert "p-value" in page.locator("#verdict").inner_text() and "99" in page.locator("#verdict").inner_text()
    page.locator("#explore-detector").click()
    page.wait_for_selector("[role=tab][aria-selected=true]:has-text('Detect')", timeout=PATIENCE)
    assert "It takes at least 90 ID pictures" in page.locator("#detect-promise").inner_text()
    page.fill("#detect-rate input", "0.00001")
    page.locator("#detect-make").click()
    page.wait_for_selector("#notices:has-text('rate must lie between')", timeout=PATIENCE)
    page.fill("#detect-rate input", "0.1")
    page.locator("#detect-make").click()
    page.wait_for_selector("#detect-card:has-text('at most 10 % of ID images')", timeout=PATIENCE)
    page.wait_for_function(IDLE, timeout=PATIENCE)
    with page.expect_download() as saved:
        page.locator("#detect-file").click()
    saved.value.save_as(file := tmp_path / "known.ood.safetensors")
    page.locator("#detect-examples").click()
    page.wait_for_selector("#detect-decisions tbody tr", timeout=PATIENCE)
    page.wait_for_selector("#detect-wealth .main-svg", timeout=PATIENCE)
    first = page.locator("#detect-decisions tbody").inner_text()
    assert page.locator("#detect-decisions tbody tr").count() == 24
    # A page that begins anew with the file alone decides the same.
    page.goto(f"{address}?tab=detect&rate=0.2", timeout=PATIENCE)
    page.wait_for_selector("text=A detector in one file", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('#detect-rate input')?.value == '0.2'", timeout=PATIENCE)
    page.locator("#detect-examples").click()
    with page.expect_file_chooser() as chooser:
        page.locator("#detect-load").click()
    chooser.value.set_files(file)
    page.wait_for_selector("#detect-decisions tbody tr", timeout=PATIENCE)
    assert page.locator("#detect-decisions tbody").inner_text() == first
