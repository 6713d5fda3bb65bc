"""The colours of all figures: ID is blue (NegLabel, Figs. 4 and 5), OOD is orange.

Curves differ in dash and marker as well as in colour. All colours keep a contrast of about 3 : 1 on white and on the
dark theme's background.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle

import numpy as np

ID = "#3b82f6"
OOD = "#f97316"
NEUTRAL = "#8a8f98"
FONT = "IBM Plex Sans, ui-sans-serif, system-ui, sans-serif"

SCORER_COLOURS = ("#0a9a78", "#a63a94", "#d9590c", "#6a58d6", "#b08400", "#d0728f", "#0d8fb0", "#a8483c")
OOD_COLOURS = (OOD, "#a63a94", "#0a9a78", "#d0728f", "#b08400", "#6a58d6", "#c8423f", "#0d8fb0")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


@dataclass(frozen=True)
class Style:
    """How a series is drawn: a plotly colour, dash and marker symbol."""

    colour: str
    dash: str
    symbol: str


def styles(names: Iterable[str], colours: tuple[str, ...] = SCORER_COLOURS) -> dict[str, Style]:
    """A style for each name by its place: give the whole list each time, so that a choice of it keeps its colours.

    No two of the first 48 names share colour and dash.
    """
    unique = list(dict.fromkeys(names))
    found = {}
    for place, (name, colour, symbol) in enumerate(zip(unique, cycle(colours), cycle(SYMBOLS), strict=False)):
        found[name] = Style(colour, DASHES[(place % len(colours) + place // len(colours)) % len(DASHES)], symbol)
    return found


def ramp(stops: np.ndarray) -> np.ndarray:
    """(256, 3) uint8: evenly from the first of (n, 3) colours over the others to the last."""
    place = np.linspace(0, 255, len(stops))
    return np.stack([np.interp(np.arange(256), place, channel) for channel in stops.T], axis=1).astype(np.uint8)
