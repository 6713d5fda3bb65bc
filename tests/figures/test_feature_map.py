"""The map of pictures, and the filmstrip."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
from PIL import Image

from ood_studio.figures.feature_map import CELL, feature_map_figure, sprite
from ood_studio.figures.filmstrip import Frame, filmstrip
from ood_studio.figures.movement import movement_figure
from ood_studio.studio.feature_map import MapGroup


def group(name: str, kind: str, count: int, colour: str) -> MapGroup:
    picture = Image.new("RGB", (64, 40), colour)
    places = np.arange(2 * count, dtype=np.float32).reshape(count, 2)
    return MapGroup(name, kind, places, tuple(f"{name} {i}" for i in range(count)), (picture,) * count)  # type: ignore[arg-type]


def test_every_point_finds_its_picture_on_the_sheet() -> None:
    groups = [group("<b>ID", "id", 5, "blue"), group("far", "far", 2, "green"), group("way", "trail", 3, "red")]
    figure = feature_map_figure(groups, "diorama")
    assert [trace.meta for trace in figure.data] == ["<b>ID", "far", "way"]
    assert "&lt;b&gt;ID" in figure.data[0].name and "10 pictures" in figure.layout.meta["summary"]
    assert [each[0] for trace in figure.data for each in trace.customdata] == list(range(10))
    assert list(figure.data[2].text) == ["●", "0", "1"] and figure.data[2].line.width
    sheet = figure.layout.meta["sprite"]
    drawn = Image.open(io.BytesIO(base64.b64decode(str(sheet["source"]).partition(",")[2])))
    assert drawn.size == (sheet["columns"] * CELL, sheet["rows"] * CELL)
    for index, wanted in ((0, (0, 0, 255)), (6, (0, 128, 0)), (9, (255, 0, 0))):
        x, y = index % sheet["columns"] * CELL, index // sheet["columns"] * CELL
        found = drawn.getpixel((x + CELL // 2, y + CELL // 2))
        assert np.abs(np.subtract(found, wanted)).max() < 12
    json.loads(figure.to_json())


def test_a_sheet_of_no_pictures_is_white() -> None:
    assert sprite([])["columns"] == sprite([])["rows"] == 1


def test_a_filmstrip_holds_every_frame_with_its_pixels_square() -> None:
    small = Image.new("RGB", (2, 2), "red")
    small.putpixel((1, 0), (0, 0, 255))
    frames = [Frame("one", small, (("energy −3", "#ff0000"), ("like “x”", None))), Frame("two", small, (), small)]
    strip = filmstrip(frames, "painted from: grass")
    assert strip.width > 2 * 320 and strip.height > 320
    colours = {colour for _, colour in strip.crop((30, 70, 340, 380)).getcolors(1_000_000) or ()}
    assert colours == {(255, 0, 0), (0, 0, 255)}  # nothing between: not blurred
    assert filmstrip([Frame("one", small)]).height < strip.height


def test_movement_joins_before_and_after() -> None:
    before, after = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[0.5, 1.0], [2.0, 4.0]])
    images = SimpleNamespace(name="ID", kind="id", before=before, after=after, captions=("a", "<b>"), turned=0.25)
    texts = SimpleNamespace(
        name="labels", kind="text", before=before, after=before, captions=("cat", "dog"), turned=0.0
    )
    lines, marks, _, words = movement_figure([images, texts]).data
    assert list(lines.x[:2]) == [0.0, 0.5] and np.isnan(lines.x[2]) and list(lines.y[3:5]) == [3.0, 4.0]
    assert list(marks.x) == [0.5, 2.0] and marks.name == "ID: 0.250" and marks.customdata[1] == "&lt;b&gt;"
    assert list(words.text) == ["cat", "dog"] and words.mode == "markers+text"
