"""How long a change of tabs takes in a browser, and how much the page weighs: ``make bench``."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.ui.conftest import address, browser, page, profile

__all__ = ["address", "browser", "page", "profile"]  # fixtures of the interface's tests

TABS = ("Compare", "Synthesize", "Attack", "Adapt", "Detect", "Models", "Explore")
ROUNDS = 5
SETTLED = 700  # milliseconds in which the answers that a change brings are there
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
    """Every tab in turn, opened for the first time and again; the aim is 200 ms with the bundled models.

    Beside the time, which other work on the machine makes longer, stands what the page's own thread computed.
    """
    page.goto(address, timeout=240_000)
    page.wait_for_selector("#histogram .main-svg", timeout=240_000)
    page.wait_for_timeout(2 * SETTLED)
    times: dict[str, list[float]] = {name: [] for name in TABS}
    work: dict[str, list[float]] = {name: [] for name in TABS}
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def computed() -> float:
        return sum(1000 * each["value"] for each in metrics() if each["name"] == "TaskDuration")

    def metrics() -> list[dict[str, Any]]:
        return tools.send("Performance.getMetrics")["metrics"]  # type: ignore[no-any-return]

    def walk() -> None:
        for name in TABS:
            before = computed()
            times[name].append(page.evaluate(CHANGE, name))
            work[name].append(computed() - before)
            page.wait_for_timeout(SETTLED)

    benchmark.pedantic(walk, rounds=ROUNDS, iterations=1)
    config = page.evaluate("window.gradio_config")
    sizes = {place: len(httpx.get(f"{address.rstrip('/')}/{place}").content) for place in ("", "gradio_api/info")}
    print(
        f"\n{len(config['components']):,} components and {len(config['dependencies']):,} events on the page, "
        f"{sizes['']:,} bytes, of which {len(json.dumps(config, separators=(',', ':'))):,} say what is on it; "
        f"{sizes['gradio_api/info']:,} bytes tell programs of the API"
    )
    for name in TABS:
        (first, *later), (busy, *again) = times[name], work[name]
        print(
            f"{name:<11} first {first:6.0f} ms ({busy:4.0f} ms computed), "
            f"then {_median(later):6.0f} ms ({_median(again):4.0f} ms computed), medians"
        )


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else float("nan")
