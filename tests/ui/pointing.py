"""Where the places of a figure lie on a page, and the pointer there."""

from __future__ import annotations

from typing import Any


def spot(page: Any, plot: str, x: float | str, y: float | str) -> tuple[float, float]:
    """Where on the page a place of a figure lies."""
    return page.evaluate(
        """([id, x, y]) => {
            const area = document.querySelector(`#${id} .studio-plot-area`), box = area.getBoundingClientRect();
            const { xaxis, yaxis } = area._fullLayout;
            return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
        }""",
        [plot, x, y],
    )


def click(page: Any, plot: str, x: float | str, y: float | str) -> None:
    """A click on a place of a figure, with the pointer moved there first."""
    _show(page, plot)
    place = spot(page, plot, x, y)
    page.mouse.move(place[0] - 3, place[1])
    page.mouse.move(*place)
    page.mouse.click(*place)


def drag(page: Any, plot: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of a figure to another with the button held."""
    _show(page, plot)
    page.mouse.move(*spot(page, plot, *start))
    page.mouse.down()
    page.mouse.move(*spot(page, plot, *end), steps=5)
    page.mouse.up()


def _show(page: Any, plot: str) -> None:
    page.evaluate("id => document.getElementById(id).scrollIntoView({ block: 'center' })", plot)
