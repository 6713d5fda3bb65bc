"""The miniature models that are there to be compared: the only place that says which there are and what each learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Training = Literal["clip", "tuned", "classifier", "simclr", "mae"]
Shown = Literal["picture books", "sketchbooks"]
Tower = Literal["conv", "vit"]
Size = Literal["s", "m", "l"]

ALL_PICTURES, FEW_PICTURES = 32_000, 4_000


@dataclass(frozen=True)
class ZooRecipe:
    """One of them.

    Attributes:
        name: what people ask for.
        training: how it learnt: ``clip`` pictures against captions, ``tuned`` a classifier that began as a CLIP,
            ``classifier`` from nothing, ``simclr`` and ``mae`` without labels.
        source: which pictures it learnt from; see `ood_studio.training.zoo.sources`.
        pictures: how many there are.
        tower: of images: a small ResNet or a vision transformer.
        size: of that tower.
        steps: of its training; of one that is tuned by way of all classes, of each of its two stages.
        classes: of a classifier: ``id`` the 20 ID classes, ``all`` every trained class, ``all, then id`` one after the
            other; empty for a model without one.
        start: name of the CLIP that a tuned one began as.
    """

    name: str
    training: Training
    source: Shown
    pictures: int
    tower: Tower
    size: Size
    steps: int
    classes: Literal["", "id", "all", "all, then id"] = ""
    start: str = ""

    @property
    def library(self) -> str:
        """The prefix of the family that loads it."""
        return "open_clip" if self.training == "clip" else "timm"

    @property
    def group(self) -> str:
        """The models that one trend is asked of."""
        if self.training == "clip":
            return f"CLIP of {self.source}"
        if self.training == "tuned":
            return "fine-tuned CLIP" if self.classes == "id" else "CLIP fine-tuned by way of all classes"
        return "supervised" if self.training == "classifier" else "self-supervised"

    @property
    def about(self) -> str:
        """What tells it from the others, in a few words."""
        tower = "small ResNet" if self.tower == "conv" else "vision transformer"
        size = {"s": "small", "m": "middle", "l": "large"}[self.size]
        how = {
            "clip": "captions",
            "tuned": f"{self.start}, then the ID classes"
            if self.classes == "id"
            else f"{self.start}, then all classes, then the ID classes",
            "classifier": "the ID classes" if self.classes == "id" else "all classes",
            "simclr": "two views of each picture (SimCLR)",
            "mae": "masked patches (MAE)",
        }[self.training]
        return f"{tower}, {size}; learnt from {how}; {self.pictures:,} pictures"


def _clips(prefix: str, source: Shown) -> tuple[ZooRecipe, ...]:
    def clip(size: Size, pictures: int = ALL_PICTURES) -> ZooRecipe:
        few = "" if pictures == ALL_PICTURES else "-few"
        return ZooRecipe(f"zoo-{prefix}-{size}{few}", "clip", source, pictures, "conv", size, 2000)

    return (
        clip("s"),
        clip("m"),
        clip("l"),
        clip("s", FEW_PICTURES),
        clip("m", FEW_PICTURES),
    )


def _tuned(prefix: str, source: Shown) -> tuple[ZooRecipe, ...]:
    start = f"zoo-{prefix}-l"
    return (
        ZooRecipe(f"zoo-{prefix}-tuned", "tuned", source, ALL_PICTURES, "conv", "l", 400, "id", start),
        ZooRecipe(f"zoo-{prefix}-tuned-all", "tuned", source, ALL_PICTURES, "conv", "l", 400, "all, then id", start),
    )


def _own(name: str, training: Training, tower: Tower, size: Size, steps: int, classes: str = "") -> ZooRecipe:
    return ZooRecipe(name, training, "picture books", ALL_PICTURES, tower, size, steps, classes)  # type: ignore[arg-type]


ZOO: dict[str, ZooRecipe] = {
    each.name: each
    for each in (
        *_clips("books", "picture books"),
        *_clips("sketch", "sketchbooks"),
        *_tuned("books", "picture books"),
        *_tuned("sketch", "sketchbooks"),
        _own("zoo-conv-s-id", "classifier", "conv", "s", 1500, "id"),
        _own("zoo-conv-l-all", "classifier", "conv", "l", 1500, "all"),
        _own("zoo-vit-s-id", "classifier", "vit", "s", 2000, "id"),
        _own("zoo-vit-l-all", "classifier", "vit", "l", 1500, "all"),
        _own("zoo-simclr", "simclr", "conv", "s", 1000),
        _own("zoo-mae", "mae", "vit", "l", 1500),
    )
}
"""In the order in which they are trained: what another begins with comes before it."""
