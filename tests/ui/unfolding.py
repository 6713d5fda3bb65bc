"""Opening what hides part of a form, and links that bring one."""

from __future__ import annotations

from typing import Any

_IDLE = """new Promise((done) => {
  let times = 0;
  const look = () => (++times > 5 ? done() : requestAnimationFrame(() => requestIdleCallback(look)));
  look();
})"""  # frames after which the page had nothing left to do


def unfold(page: Any, accordion: str, patience: float = 300_000) -> None:
    """Opens an accordion, by its id, and waits until what it holds keeps what is typed."""
    page.locator(f"#{accordion} > button").first.click()
    page.wait_for_selector(f"#{accordion} .block:visible", timeout=patience)
    settle(page)


def settle(page: Any) -> None:
    """Waits until boxes that have just come into sight keep what is typed.

    Gradio gives the boxes it uncovers their first values once more, a frame after they can be seen: no hand is quick
    enough to type before that, but this browser is.
    """
    idle(page)


def idle(page: Any) -> None:
    """Waits for some frames after which the page has nothing left to do."""
    page.evaluate(_IDLE)


def follow(page: Any, link: str, patience: float = 240_000) -> None:
    """Opens a link to a comparison, which computes nothing, and waits for its choices and for what was kept of them."""
    page.goto(link, timeout=patience)
    page.wait_for_function(
        "document.querySelector('#compare-stored p') || "
        "document.querySelector('#notices')?.innerText.includes('choices are in the form')",
        timeout=patience,
    )
