"""Which pictures landed where, and the files that galleries show."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ood_studio.core.errors import StudioError
from ood_studio.core.files import image_description, is_whole_png, write_image
from ood_studio.core.kept import KEPT
from ood_studio.data.dataset import Dataset
from ood_studio.data.deep_images import note_of
from ood_studio.evaluation.result import BenchResult
from ood_studio.ui import temporary
from ood_studio.ui.compare.session import Picture, Session
from ood_studio.ui.downloads import shown_file

MOST = 12  # pictures in a gallery


@dataclass(frozen=True)
class Found:
    """Pictures for one gallery: the first of ``count``."""

    pictures: list[Picture]
    count: int


def mistakes(mine: Session) -> tuple[Found, Found]:
    """Pictures on the wrong side of the threshold, the worst first: rejected ID and missed OOD."""
    inside, outside = mine.scores()
    threshold = mine.threshold()
    return (
        _found(mine, True, np.flatnonzero(inside < threshold), inside),
        _found(mine, False, np.flatnonzero(outside >= threshold), -outside),
    )


def landed(mine: Session, low: float, high: float) -> tuple[Found, Found]:
    """ID and OOD pictures that score at least ``low`` and less than ``high``, the highest first."""
    inside, outside = (
        _found(mine, side, np.flatnonzero((scores >= low) & ((scores < high) | (high == np.inf))), -scores)
        for side, scores in zip((True, False), mine.scores(), strict=True)
    )
    return inside, outside


def disagreements(mine: Session) -> tuple[Found, Found]:
    """Pictures of either set that only the scorer gets right, and that only the other one does.

    Both decide at the threshold that keeps the same share of ID pictures; where their ranks differ most comes first.
    """
    right, ranks = [], []
    for scorer in (mine.view.scorer, mine.view.against):
        inside, outside = mine.scores(scorer)
        threshold = mine.threshold(scorer)
        right.append(np.concatenate([inside >= threshold, outside < threshold]))
        ranks.append(np.concatenate([inside, outside]).argsort(kind="stable").argsort(kind="stable"))
    gap = np.abs(ranks[0] - ranks[1])
    known = len(mine.scores()[0])
    first, second = (
        there[np.argsort(-gap[there], kind="stable")]
        for there in (np.flatnonzero(right[0] & ~right[1]), np.flatnonzero(right[1] & ~right[0]))
    )

    def found(places: np.ndarray) -> Found:
        shown = [picture_at(mine, bool(i < known), int(i if i < known else i - known)) for i in places[:MOST]]
        return Found(shown, len(places))

    return found(first), found(second)


def picture_at(mine: Session, inside: bool, place: int) -> Picture:
    """The picture of a score: the ``place``-th of the ID or of the OOD scores."""
    assert mine.result is not None
    name = mine.result.id if inside else mine.view.set
    return Picture(name, int(mine.result.rows_of[name][place]), float(mine.scores()[0 if inside else 1][place]))


def _found(mine: Session, inside: bool, places: np.ndarray, order: np.ndarray) -> Found:
    places = places[np.argsort(order[places], kind="stable")]
    return Found([picture_at(mine, inside, int(place)) for place in places[:MOST]], len(places))


def caption(result: BenchResult, picture: Picture, path: Path) -> str:
    """What the picture is, its score, and how its samples are shown where that was chosen; ``path`` as `picture_file`.

    Raises:
        OSError: if the file is gone.
    """
    said = [f"{result.sets[picture.set].caption(picture.index)} · {picture.score:.3g}", image_description(path)]
    return " · ".join(each for each in said if each)


def picture_file(pictures: Dataset, index: int) -> Path:
    """A file of a picture as people should see it, made once; among the uploads where the cache's disk refuses it.

    Raises:
        StudioError: if the picture cannot be read any more, or both disks refuse.
    """
    name = Path(hashlib.sha256(pictures.key.encode()).hexdigest()[:24]) / f"{index}.png"
    usual, elsewhere = KEPT["shown"].place / name, temporary.place(temporary.UPLOADS) / "shown" / name
    for path in (usual, elsewhere):
        if is_whole_png(path):
            return path
    image = pictures.show(index)
    picture, about = image.convert("RGB"), note_of(image)
    try:
        write_image(usual, picture, about)
        KEPT["shown"].make_room(keep=usual.parent)
        return usual
    except OSError as error:
        why = error.strerror or error
    try:
        write_image(elsewhere, picture, about)
    except OSError:
        raise StudioError(f"the picture could not be kept in {usual.parent} ({why})") from None
    return elsewhere


def shown_picture(pictures: Dataset, index: int) -> str:
    """The path of a picture that a page may show, wherever the cache lies; see `picture_file`."""
    return shown_file(picture_file(pictures, index))


def gallery_items(result: BenchResult, pictures: list[Picture]) -> tuple[list[Picture], list[tuple[str, str]]]:
    """The pictures that can still be read, and their files and captions for a gallery."""
    kept, items = [], []
    for picture in pictures:
        with suppress(StudioError, OSError):
            path = picture_file(result.sets[picture.set], picture.index)
            items.append((shown_file(path), caption(result, picture, path)))
            kept.append(picture)
    return kept, items
