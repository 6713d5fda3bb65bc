"""Takes the README's screenshots of today's app: ``make screenshots``; of the tabs named behind it alone."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from playwright.sync_api import sync_playwright

from ood_studio.core.paths import ASSETS
from ood_studio.ui.serve import Serve, serve
from tests.ui.conftest import free_port
from tests.ui.unfolding import follow

PATIENCE = 600_000  # milliseconds


def explore(page: Any, address: str) -> None:
    """A fish among what detectors make of it."""
    page.goto(address)
    page.locator("#examples .thumbnail-item").nth(3).click()
    page.wait_for_selector("#histogram .main-svg")


def compare(page: Any, address: str) -> None:
    """Six scorers on the Diorama suite, from the table to the curves."""
    follow(page, f"{address}?tab=compare&suite=diorama&count=500&scorers=neglabel,mcm,energy,knn,mahalanobis,rmd")
    page.locator("#compare-run").click()
    page.wait_for_function(
        "document.querySelector('#compare-stop')?.disabled && document.querySelector('#compare-ood-heading h3')"
    )
    page.wait_for_selector("#compare-histogram .main-svg")
    page.evaluate("document.querySelector('#compare-summary').scrollIntoView()")


def attack(page: Any, address: str) -> None:
    """The first pair of pictures, attacked."""
    page.goto(f"{address}?tab=attack")
    for box in ("#attack-source", "#attack-target"):
        page.wait_for_selector(f"{box} img")
    page.locator("#attack-run").click()
    page.wait_for_selector("#attack-ready h2")
    page.wait_for_function("!document.querySelector('#attack-run').disabled")


def synthesize(page: Any, address: str) -> None:
    """A picture of the gallery led across the boundary."""
    page.goto(f"{address}?tab=synthesize")
    page.locator("#synth-source-gallery .thumbnail-item").nth(1).click()
    page.wait_for_selector("#synth-words .token >> text=seaweed")  # the words of this picture, no others
    page.locator("#synth-run").click()
    page.wait_for_selector("#synth-ready h2")
    page.wait_for_function("!document.querySelector('#synth-run').disabled")
    page.get_by_role("tab", name="Save and send").click()
    with page.expect_download() as saved:
        page.locator("#synth-film").click()
    saved.value.save_as(ASSETS / "pictures" / "filmstrip.png")
    page.get_by_role("tab", name="Before and after").last.click()
    page.evaluate("document.querySelector('#synth-verdict').scrollIntoView()")


def main() -> None:
    """Entry point."""
    server = serve(Serve(host="127.0.0.1", port=free_port(), device="cpu"), block=False)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for show in (explore, compare, attack, synthesize):
            if sys.argv[1:] and show.__name__ not in sys.argv[1:]:
                continue
            page = browser.new_context(viewport={"width": 1500, "height": 1150}).new_page()
            page.set_default_timeout(PATIENCE)
            show(page, server.address)
            page.wait_for_timeout(2500)
            page.screenshot(path=ASSETS / "pictures" / f"{show.__name__}.png")
            print(f"{show.__name__}.png")
        browser.close()
    server.close()


if __name__ == "__main__":
    main()
