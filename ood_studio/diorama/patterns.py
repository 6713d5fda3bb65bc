"""Where an object's second colour shows: patterns as masks over its own coordinates."""

from __future__ import annotations

import numpy as np


def pattern_mask(name: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Boolean mask of the pattern's marks at object coordinates ``u``, ``v`` in [-1, 1] (float arrays of one shape).

    Raises:
        ValueError: for a name outside `scene.PATTERNS`, or ``plain``, which has no marks.
    """
    marks: np.ndarray
    if name == "striped":
        marks = np.mod(u * 0.92 + v * 0.4, 0.36) < 0.17
    elif name == "checked":
        marks = (np.floor(u / 0.25) + np.floor(v / 0.25)) % 2 < 1
    elif name == "wavy":
        marks = np.mod(v + 0.09 * np.sin(u * 10), 0.34) < 0.15
    elif name == "zigzag":
        marks = np.mod(v + np.abs(np.mod(u, 0.36) - 0.18) * 1.3, 0.38) < 0.16
    elif name in ("dotted", "starry"):
        step = 0.36 if name == "dotted" else 0.46
        row = np.floor(v / step)
        x = np.mod(u + (row % 2) * step / 2, step) / step - 0.5
        y = np.mod(v, step) / step - 0.5
        radius = np.hypot(x, y)
        marks = radius < (0.29 if name == "dotted" else 0.26 + 0.15 * np.cos(5 * np.arctan2(x, -y)))
    else:
        raise ValueError(f"no pattern named {name!r} with marks")
    return marks
