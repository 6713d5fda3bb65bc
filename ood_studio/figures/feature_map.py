"""Images in a plane of features, each a mark that shows its image when it is pointed at."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from ood_studio.figures.base import blank, plain, without_units
from ood_studio.figures.colours import ID, OOD, OOD_COLOURS

CELL = 64  # pixels of an image in the sheet
_TRAIL = "#c2185b"
# Colour, symbol, size and opacity by kind; far kinds beyond the first take the next colours.
_LOOKS = {"id": (ID, "circle", 9, 0.6), "near": (OOD, "triangle-up", 10, 0.7), "synthetic": (_TRAIL, "star", 12, 0.9)}
_FAR = ((OOD_COLOURS[4], "square"), (OOD_COLOURS[2], "diamond"))


class Group(Protocol):
    """Images of one kind: ``id``, ``near``, ``far``, ``synthetic`` or ``trail``, one image's way in its order."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def places(self) -> np.ndarray: ...
    @property
    def captions(self) -> Sequence[str]: ...
    @property
    def thumbnails(self) -> Sequence[Image.Image]: ...


def feature_map_figure(groups: Sequence[Group], backbone: str) -> go.Figure:
    """A scatter of all groups; a trail is a line with numbered marks.

    ``layout.meta["sprite"]`` is a sheet of all images; the first of each point's ``customdata`` says which is its.
    """
    total = sum(len(group.captions) for group in groups)
    counts = ", ".join(f"{len(group.captions):,} of {group.name}" for group in groups)
    figure = blank(f"A map of {total:,} pictures by the features of {backbone}: {counts}.", 620, "map")
    figure.layout.meta["sprite"] = sprite([each for group in groups for each in group.thumbnails])
    far, begin = iter(_FAR * len(groups)), 0
    for group in groups:
        size = len(group.captions)
        data = [[begin + i, plain(caption, 60)] for i, caption in enumerate(group.captions)]
        begin += size
        if group.kind == "trail":
            marker = {"color": _TRAIL, "symbol": "circle", "size": 26, "line": {"color": "#ffffff", "width": 2}}
            drawn = {
                "mode": "lines+markers+text",
                "line": {"color": _TRAIL, "width": 4},
                "text": ["●" if i == 0 else str(i - 1) for i in range(size)],
                "textfont": {"color": "#ffffff", "size": 15},
            }
        else:
            colour, symbol, width, opacity = _LOOKS.get(group.kind) or (*next(far), 9, 0.7)
            marker = {"color": colour, "symbol": symbol, "size": width, "opacity": opacity}
            drawn = {"mode": "markers"}
        figure.add_trace(
            go.Scatter(
                x=group.places[:, 0],
                y=group.places[:, 1],
                customdata=data,
                name=f"{plain(group.name, 44)} ({size:,})",
                meta=group.name,
                marker=marker,
                hovertemplate=f"<b>{plain(group.name)}</b><br>%{{customdata[1]}}<extra></extra>",
                **drawn,
            )
        )
    return without_units(figure)


def sprite(images: Sequence[Image.Image]) -> dict[str, object]:
    """All images in one: ``source`` a data URI, ``cell`` the pixels of each, ``columns`` and ``rows`` of them."""
    columns = max(1, int(np.ceil(np.sqrt(len(images)))))
    rows = max(1, -(-len(images) // columns))
    sheet = Image.new("RGB", (columns * CELL, rows * CELL), "white")
    for i, image in enumerate(images):
        small = image.convert("RGB")
        if small.size != (CELL, CELL):
            scale = CELL / max(small.size)
            small = small.resize((max(1, round(small.width * scale)), max(1, round(small.height * scale))))
        corner = (i % columns * CELL + (CELL - small.width) // 2, i // columns * CELL + (CELL - small.height) // 2)
        sheet.paste(small, corner)
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=82)
    source = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    return {"source": source, "cell": CELL, "columns": columns, "rows": rows}
