"""Changing one thing of an opened picture, without a browser: what is offered, drawn, shared and said."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data import keyed_images
from ood_studio.evaluation.flips import Flips, Variant
from ood_studio.studio import ExploreRequest
from ood_studio.ui.explore import redrawing
from ood_studio.ui.explore.redrawing import opened_picture, redraw, redraw_with
from ood_studio.ui.explore.session import Files, Flipping, Session
from ood_studio.ui.explore.strip import SHOWN, shown_variants, strip_html
from ood_studio.worlds import galleries


@pytest.fixture
def mine() -> Session:
    found = Session(request=ExploreRequest(), score="MSP")
    (path, name), *_ = galleries()["id-test"].take(1, 0, 0, short=True)
    found.take(name, path)
    return found


def test_a_scene_is_redrawn_in_its_place_and_comes_back(mine: Session) -> None:
    ((_, before),) = mine.pictures
    redraw_with(mine, {"style": "sketch", "place": "sea"})
    ((name, path),) = mine.pictures
    assert path != before and name.endswith("Place: sea, Style: sketch") and Image.open(path).size == (512, 512)
    held = opened_picture(mine)
    assert held is not None and held.path == before and held.picture.changes == {"place": "sea", "style": "sketch"}
    redraw(mine, held.picture.as_it_was().changed("light", "0.6x"))
    assert [*mine.redrawn] == [mine.pictures[0][1]]  # nothing is held that is not seen
    again = opened_picture(mine)
    assert again is not None and redraw(mine, again.picture.as_it_was())
    assert [path for _, path in mine.pictures] == [before] and not mine.redrawn
    with pytest.raises(StudioError, match="has no 'wings'"):
        redraw_with(mine, {"wings": "2"})


def test_an_upload_is_decoded_once_however_often_a_setting_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Any] = []
    decode = keyed_images.decode_image
    monkeypatch.setattr(
        keyed_images, "decode_image", lambda *given, **more: decoded.append(given) or decode(*given, **more)
    )
    paths = [str(tmp_path / f"{colour}.png") for colour in ("red", "green", "blue")]
    for path in paths:
        Image.new("RGB", (40, 30), Path(path).stem).save(path)
    mine = Session(files=Files(max_bytes=1))  # as with more photographs than there is room for
    assert mine.keep(paths) == [] and len(decoded) == 3
    keys = [[image.key for _, image in mine.decode()[0]] for _ in range(3)]
    assert len(decoded) == 3 and keys[0] == keys[1] == keys[2] and len(set(keys[0])) == 3


def test_a_photograph_is_corrupted_where_the_library_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (300, 260), "teal").save(tmp_path / "banana-id-test-0.png")  # called like an example, and none
    mine = Session()
    mine.take("teal", str(tmp_path / "banana-id-test-0.png"))
    redraw_with(mine, {"fog": "2"})
    assert mine.pictures[0][0] == "teal, Fog: 2" and Image.open(mine.pictures[0][1]).size == (258, 224)
    monkeypatch.setattr(redrawing, "can_corrupt", lambda: False)
    other = Session()
    other.take("teal", str(tmp_path / "banana-id-test-0.png"))
    assert opened_picture(other) is None
    with pytest.raises(StudioError, match="cannot be changed"):
        redraw_with(other, {"fog": "2"})
    panels: Any = type("P", (), dict.fromkeys("change thing value reset strip".split()))()
    for each in vars(type(panels)):
        if not each.startswith("_"):
            setattr(panels, each, each)
    said = redrawing.change_updates(panels, other)
    assert "cannot be redrawn" in said["change"] and "pip install" in said["change"]


def found_in(mine: Session, values: dict[str, str], flips: bool) -> Flips:
    held = opened_picture(mine)
    assert held is not None
    image = Image.new("RGB", (8, 8))
    start = Variant(held.picture, image, 0.0, 0.9, True, False)
    singles = tuple(
        Variant(held.picture.changed(thing, value), image, 0.1 + i / 100, 0.5, not flips, flips)
        for i, (thing, value) in enumerate(values.items())
    )
    return Flips(start, 0.6, singles, possible=len(singles), possible_pairs=1, done=True)


def test_the_strip_says_the_smallest_and_is_of_one_choice_only(mine: Session) -> None:
    path = mine.pictures[0][1]
    found = found_in(mine, {"style": "sketch", "light": "0.6x"}, flips=True)
    assert mine.request is not None
    mine.flipping = Flipping(path, mine.request, "MSP", found)
    html = strip_html(mine, path)
    assert "smallest change that flips MSP: <b>Style: sketch</b>; 2 of 2 changes" in html
    mine.flipping = Flipping(path, mine.request, "MSP", replace(found, possible=9, done=False))
    assert "smallest change so far that flips MSP: <b>Style: sketch</b>; 2 flip it so far." in strip_html(mine, path)
    mine.flipping = Flipping(path, mine.request, "MSP", found)
    assert html.count("<figure") == 3 and html.count("turned") == 2 and html.count(' smallest"') == 1
    assert [each.size for each in shown_variants(found)] == sorted(each.size for each in found.singles)
    assert strip_html(mine, "another.png") == "" == strip_html(replace(mine, score="MCM"), path)
    mine.flipping = Flipping(path, mine.request, "MSP", found_in(mine, {"style": "sketch"}, flips=False))
    assert "Nothing flips MSP: none of 1 changes of one thing." in strip_html(mine, path)
    many = replace(found, singles=found.singles * 20)
    assert len(shown_variants(many)) == SHOWN and not math.isnan(many.threshold)
