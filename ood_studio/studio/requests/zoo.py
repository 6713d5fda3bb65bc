"""What ``python -m ood_studio zoo`` asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ood_studio.core.parameters import Bounds, Help, check
from ood_studio.studio.requests.bench import BenchSeed, DataRoot, Pictures, Resamples, TrainData, TrainPictures


@dataclass(frozen=True)
class ZooRequest:
    """Models compared along everything that can be measured of them.

    Attributes:
        models: names of backbones; empty for those that a world names.
        seed: of the images drawn, and of the resamples.
        count: images in each ID and OOD set, at least 1,000 for figures that are to be told others.
        shift_count: images with each visual factor, and in each style.
        train_count: ID images whose neighbours are looked for.
        resamples: bootstrap resamples of the intervals; 0 for none.
        suite: what models are measured on, by the suite's name; empty for a world's own sets, with factors and styles.
        data_root: where the data of published benchmarks lie, sets of the same classes seen otherwise among them.
        train_data: ID images of one's own whose neighbours are looked for in a published benchmark.
        annotations: ImageNet-X's file on the ID images; looked for below ``data_root`` where empty.
    """

    models: Annotated[tuple[str, ...], Help("Models to compare; where none is named, those that come along")] = ()
    seed: BenchSeed = 1
    count: Pictures = 1000
    shift_count: Annotated[int, Bounds(10, 100_000, log=True, step=1, help="Pictures of each factor and style")] = 500
    train_count: TrainPictures = 2000
    resamples: Resamples = 200
    suite: Annotated[str, Help("Sets of pictures by a suite’s name; empty = drawn scenes, with factors and styles")] = (
        ""
    )
    data_root: DataRoot = ""
    train_data: TrainData = ""
    annotations: Annotated[
        str, Help("ImageNet-X’s factors of the ID pictures; empty = as found below the data root")
    ] = ""

    def __post_init__(self) -> None:
        check(self)
