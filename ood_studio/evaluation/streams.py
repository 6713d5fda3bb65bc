"""Streams of ID and OOD images that are described, so that whoever has the images can draw them again to the bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Seed, check

Shape = Literal["mix", "ordered", "blocks", "ramp"]
_ID = -1


@dataclass(frozen=True)
class Stream:
    """What comes when.

    Attributes:
        shape: "mix": ID and OOD images shuffled; "ordered": all ID images first; "blocks": runs of ID and of OOD images
            taking turns; "ramp": OOD images become more frequent, from none to twice their share.
        share: of OOD images in the stream, 0 for none; None = the sets as large as they are.
        count: images in the stream; None = as many as there are for that share.
        block: images in a run of "blocks", of ID and OOD together.
        types: whether OOD sets come "together", or "in-turn".
        labels: whether ID images of all classes come "mixed", or class by class, "sorted".
        styles: whether images of all styles come "mixed", or style after style, "in-turn", ID and OOD images alike.
        seed: of the draw.
    """

    shape: Annotated[Shape, Help("How ID and OOD pictures follow each other")] = "mix"
    share: Annotated[
        float | None, Bounds(0.0, 0.99, step=0.01, help="Share of OOD pictures; none = the sets as they are")
    ] = None
    count: Annotated[
        int | None, Bounds(1, 10_000_000, log=True, step=1, help="Pictures in the stream; none = all that there are")
    ] = None
    block: Annotated[int, Bounds(2, 1_000_000, log=True, step=1, help="Pictures in a turn of blocks")] = 200
    types: Annotated[Literal["together", "in-turn"], Help("OOD sets together, or one after another")] = "together"
    labels: Annotated[Literal["mixed", "sorted"], Help("ID classes mixed, or one after another")] = "mixed"
    styles: Annotated[Literal["mixed", "in-turn"], Help("Styles mixed, or one after another")] = "mixed"
    seed: Annotated[Seed, Help("Seed of the stream")] = 0

    def __post_init__(self) -> None:
        check(self)

    def draw(
        self,
        n_id: int,
        n_ood: Mapping[str, int],
        classes: NDArray[np.int64] | None = None,
        styles: Sequence[Sequence[str] | None] = (),
    ) -> Flow:
        """The stream from sets of these sizes.

        Args:
            n_id: ID images.
            n_ood: images of each OOD set.
            classes: (n_id,) of the ID images, where they are to be sorted.
            styles: of the ID images and then of those of each OOD set, where they are to come in turn.

        Raises:
            StudioError: for fewer images than the stream asks for, no ID image, classes or styles not known.
        """
        inside, outside = self._sizes(n_id, sum(n_ood.values()))
        rng = np.random.default_rng([self.seed, n_id, *n_ood.values()])
        known = np.sort(rng.permutation(n_id)[:inside]) if self.labels == "sorted" else rng.permutation(n_id)[:inside]
        if self.labels == "sorted":
            if classes is None:
                raise StudioError("ID images can be sorted by class only where their classes are known")
            known = known[np.argsort(classes[known], kind="stable")]
        source = np.repeat(np.arange(len(n_ood)), list(n_ood.values()))
        row = np.concatenate([np.arange(count) for count in n_ood.values()] or [np.empty(0, np.int64)])
        foreign = rng.permutation(len(source))[:outside]
        if self.types == "in-turn":
            foreign = foreign[np.argsort(source[foreign], kind="stable")]
        if self.styles == "in-turn":
            turns = _turns(styles, 1 + len(n_ood))
            known = known[np.argsort(turns[0][known], kind="stable")]
            if len(n_ood):
                foreign = foreign[np.argsort(np.concatenate(turns[1:])[foreign], kind="stable")]
        strange = self._places(rng, inside, outside)
        of, rows = np.full(inside + outside, _ID), np.empty(inside + outside, dtype=np.int64)
        of[strange], rows[strange], rows[~strange] = source[foreign], row[foreign], known
        return Flow(of, rows, tuple(n_ood))

    def _sizes(self, n_id: int, n_ood: int) -> tuple[int, int]:
        if n_id < 1:
            raise StudioError("a stream needs ID images, and there is none")
        share = n_ood / (n_id + n_ood) if self.share is None else self.share
        most = int(min(n_id / (1 - share), n_ood / share if share > 0 else np.inf) + 1e-6)
        total = most if self.count is None else self.count
        outside = round(share * total)
        inside = total - outside
        if inside > n_id or outside > n_ood or inside < 1:
            raise StudioError(
                f"a stream of {total:,} images with a share of {share:.3g} OOD needs {inside:,} ID and {outside:,} OOD "
                f"images; there are {n_id:,} and {n_ood:,}"
            )
        return inside, outside

    def _places(self, rng: np.random.Generator, inside: int, outside: int) -> NDArray[np.bool_]:
        """(n,) where OOD images stand."""
        total = inside + outside
        strange = np.arange(total) >= inside
        if self.shape == "mix":
            return rng.permutation(strange)
        if self.shape == "ramp":
            weights = np.arange(1, total + 1, dtype=np.float64)
            chosen = rng.choice(total, outside, replace=False, p=weights / weights.sum())
            strange[:] = False
            strange[chosen] = True
        elif self.shape == "blocks":
            turn = np.arange(total) // self.block
            within = np.arange(total) % self.block / self.block
            strange = np.zeros(total, dtype=np.bool_)
            # The last images of each turn, as many as the share asks for.
            strange[np.lexsort((turn, -within))[:outside]] = True
        return strange


def _turns(styles: Sequence[Sequence[str] | None], sets: int) -> list[NDArray[np.int64]]:
    """The turn of every image's style, in the order of their names, set by set."""
    found = [each for each in styles if each is not None]
    if len(found) != sets:
        raise StudioError(
            "pictures can come style by style only where the styles of all are known, as those of Diorama"
        )
    turn = {style: i for i, style in enumerate(sorted({style for each in found for style in each}))}
    return [np.array([turn[style] for style in each], dtype=np.int64) for each in found]


@dataclass(frozen=True, eq=False)
class Flow:
    """A stream that was drawn.

    Attributes:
        of: (n,) which OOD set each image is of, -1 for ID.
        rows: (n,) which image of its set.
        ood: the names of the OOD sets.
    """

    of: NDArray[np.int64]
    rows: NDArray[np.int64]
    ood: tuple[str, ...]

    @property
    def outside(self) -> NDArray[np.bool_]:
        """(n,) whether each image is OOD."""
        return self.of >= 0

    def __len__(self) -> int:
        return len(self.of)

    def mix(self) -> str:
        """What it is made of, in words."""
        parts = [f"{int((self.of == i).sum()):,} of {name}" for i, name in enumerate(self.ood) if (self.of == i).any()]
        return f"{int((~self.outside).sum()):,} ID{' and ' if parts else ''}{', '.join(parts)}"
