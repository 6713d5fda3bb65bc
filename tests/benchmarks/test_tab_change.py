"""How long a change of tabs takes in a browser, and how many components the page has: ``make bench``."""

from __future__ import annotations

from typing import Any

from tests.ui.conftest import address, browser, page

__all__ = ["address", "browser", "page"]  # fixtures of the interface's tests

TABS = ("Compare", "Synthesize", "Attack", "Explore")
ROUNDS = 5
# From the click to the second frame after the tab's own panel is shown: what the eye waits for.
CHANGE = """async (name) => {
  const tab = [...document.querySelectorAll('#tabs [role=tab]')].find((each) => each.textContent.trim() === name);
  const began = performance.now();
  tab.click();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  while (tab.getAttribute('aria-selected') !== 'true') await frame();
  await frame(); await frame();
  return performance.now() - began;
}"""


def test_changing_tabs(page: Any, address: str, benchmark: Any) -> None:
    """Every tab in turn, opened for the first time and again; the aim is 200 ms with the bundled models."""
    page.goto(address, timeout=240_000)
    page.wait_for_selector("#tabs [role=tab]", timeout=240_000)
    page.wait_for_selector("#examples img", timeout=240_000)
    times: dict[str, list[float]] = {name: [] for name in TABS}

    def walk() -> None:
        for name in TABS:
            times[name].append(page.evaluate(CHANGE, name))

    benchmark.pedantic(walk, rounds=ROUNDS, iterations=1)
    components = page.evaluate("window.gradio_config.components.length")
    print(f"\n{components:,} components on the page")
    for name, found in times.items():
        later = sorted(found[1:])
        print(f"{name:<11} first {found[0]:6.0f} ms, then {later[len(later) // 2]:6.0f} ms (median)")
