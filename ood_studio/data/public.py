"""Where the data of published benchmarks lie below a data root, and what to say where they do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.data.cifar import CifarDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset

Labels = Sequence[str] | None
_WORDNET_ID = re.compile(r"n\d{8}")


@dataclass(frozen=True)
class Source:
    """One set of pictures of a published benchmark.

    Attributes:
        name: for people and rows.
        whence: where to download it.
        places: below the data root; the first one is recommended. An image list wins, then the first that is there.
        counts: how many pictures it may have; empty where that is not checked.
        read: reads a place; labels are the ID labels, or none for OOD sets.
    """

    name: str
    whence: str
    places: tuple[str, ...]
    counts: tuple[int, ...] = ()
    read: Callable[[Source, Path, Path, Labels], Dataset] | None = None

    def find(self, root: Path, labels: Labels) -> Dataset | None:
        """The pictures; None where there are none.

        Raises:
            StudioError: if they are there, but cannot be read.
        """
        problem = None
        for place in sorted(self.places, key=lambda place: not place.endswith(".txt")):
            path = root / place
            if not path.exists():
                continue
            try:
                if self.read is not None:
                    return self.read(self, root, path, labels)
                return open_dataset(str(path), name=self.name, labels=labels, root=str(root))
            except StudioError as error:  # such as a list whose pictures lie elsewhere
                problem = problem or error
        if problem is not None:
            raise problem
        return None

    def note(self, found: Dataset) -> str:
        """What is wrong with the number of pictures; empty where nothing is."""
        if not self.counts or len(found) in self.counts:
            return ""
        expected = " or ".join(f"{count:,}" for count in self.counts)
        return f"{self.name} has {len(found):,} pictures, not the {expected} of the benchmark."


def missing(suite: str, root: Path, sources: Sequence[Source]) -> str:
    """One sentence: what to download, whence, and where to put it."""
    steps = "; ".join(f"{source.name} from {source.whence} into {root / source.places[0]}" for source in sources)
    return f"{suite} lacks {', '.join(source.name for source in sources)}: download {steps}"


def _read_imagenet(source: Source, root: Path, path: Path, labels: Labels) -> Dataset:
    """A class folder is named by its WordNet id, and the labels are in the order of these ids."""
    if path.suffix == ".txt":
        return open_dataset(str(path), name=source.name, labels=labels, root=str(root))
    found = open_dataset(str(path), name=source.name)
    whole = len(found.classes) == 1000 and all(_WORDNET_ID.fullmatch(name) for name in found.classes)
    return found if whole else open_dataset(str(path), name=source.name, labels=())


def _read_cifar(classes: int, labelled: bool) -> Callable[[Source, Path, Path, Labels], Dataset]:
    def read(source: Source, root: Path, path: Path, labels: Labels) -> Dataset:
        if path.suffix == ".bin":
            files = sorted(path.parent.glob("data_batch_*.bin")) if path.name.startswith("data_batch") else [path]
            return CifarDataset(files, source.name, label_bytes=1 if classes == 10 else 2, labelled=labelled)
        return open_dataset(str(path), name=source.name, labels=labels, root=str(root))

    return read


_MOS = "http://pages.cs.wisc.edu/~huangrui/imagenet_ood_dataset/{}.tar.gz"
_DTD = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
_OPENOOD = "https://github.com/Jingkang50/OpenOOD (scripts/download)"
_TORONTO = "https://www.cs.toronto.edu/~kriz/{}-binary.tar.gz"

IMAGENET_VAL = Source(
    "ImageNet-1k",
    "https://image-net.org/download-images (the validation pictures, sorted into 1,000 class folders)",
    ("imagenet/val", "ImageNet/val", "ILSVRC-2012/val", "images_largescale/imagenet_1k/val"),
    (50_000,),
    _read_imagenet,
)
IMAGENET_TRAIN = Source(
    "ImageNet-1k (training)",
    "https://image-net.org/download-images (the training pictures, in 1,000 class folders)",
    ("imagenet/train", "ImageNet/train", "ILSVRC-2012/train", "images_largescale/imagenet_1k/train"),
    read=_read_imagenet,
)
MOS_SETS = (
    Source("iNaturalist", _MOS.format("iNaturalist"), ("iNaturalist", "ImageNet_OOD_dataset/iNaturalist"), (10_000,)),
    Source("SUN", _MOS.format("SUN"), ("SUN", "ImageNet_OOD_dataset/SUN"), (10_000,)),
    Source("Places", _MOS.format("Places"), ("Places", "ImageNet_OOD_dataset/Places"), (10_000,)),
    Source("Textures", _DTD, ("dtd/images", "ImageNet_OOD_dataset/dtd/images"), (5640,)),
)
"""The four OOD sets of Huang and Li (MOS, 2021), which MCM and NegLabel use."""


def _openood(name: str, whence: str, folder: str, count: int, *lists: str) -> Source:
    files = tuple(f"benchmark_imglist/imagenet/test_{file}.txt" for file in lists)
    return Source(name, whence, (folder, *files), (count,))


OPENOOD_VAL = Source(
    "ImageNet-1k",
    f"{_OPENOOD} or https://image-net.org/download-images (the validation pictures)",
    ("images_largescale/imagenet_1k/val", "benchmark_imglist/imagenet/test_imagenet.txt", "imagenet/val"),
    (50_000, 45_000),
    _read_imagenet,
)
OPENOOD_SETS = (
    _openood("SSB-hard", _OPENOOD, "images_largescale/ssb_hard", 49_000, "ssb_hard"),
    _openood("NINCO", "https://zenodo.org/records/8013288", "images_largescale/ninco", 5879, "ninco"),
    _openood("iNaturalist", _MOS.format("iNaturalist"), "images_largescale/inaturalist", 10_000, "inaturalist"),
    _openood("Textures", _OPENOOD, "images_classic/texture", 5160, "textures", "texture"),
    _openood("OpenImage-O", _OPENOOD, "images_largescale/openimage_o", 15_869, "openimage_o"),
    Source("ImageNet-O", "https://people.eecs.berkeley.edu/~hendrycks/imagenet-o.tar", ("imagenet-o",), (2000,)),
)
"""Near OOD first, then far, as in OpenOOD v1.5; ImageNet-O beside them."""


def _cifar(classes: int, suite: int) -> Source:
    files = {10: "cifar-10-batches-bin/test_batch.bin", 100: "cifar-100-binary/test.bin"}
    lists = f"benchmark_imglist/cifar{suite}/test_cifar{classes}.txt"
    return Source(
        f"CIFAR-{classes}",
        _TORONTO.format(f"cifar-{classes}"),
        (files[classes], lists, f"images_classic/cifar{classes}/test"),
        (10_000, 9000),
        _read_cifar(classes, labelled=classes == suite),
    )


def cifar_id(classes: int) -> Source:
    """The test pictures of CIFAR-10 or CIFAR-100."""
    return _cifar(classes, classes)


def cifar_train(classes: int) -> Source:
    """The training pictures of CIFAR-10 or CIFAR-100."""
    files = {10: "cifar-10-batches-bin/data_batch_1.bin", 100: "cifar-100-binary/train.bin"}
    return Source(
        f"CIFAR-{classes} (training)",
        _TORONTO.format(f"cifar-{classes}"),
        (files[classes], f"images_classic/cifar{classes}/train"),
        read=_read_cifar(classes, labelled=True),
    )


def cifar_ood(classes: int) -> tuple[Source, ...]:
    """What CIFAR-10 or CIFAR-100 is held against: the other one, then OpenOOD's further sets."""

    def listed(name: str) -> str:
        return f"benchmark_imglist/cifar{classes}/test_{name}.txt"

    return (
        _cifar(110 - classes, classes),
        Source("Tiny ImageNet", _OPENOOD, ("images_classic/tin/test", listed("tin"))),
        Source("SVHN", _OPENOOD, ("images_classic/svhn/test", listed("svhn")), (26_032,)),
        Source("Textures", _DTD, ("dtd/images", listed("texture"), "images_classic/texture"), (5640,)),
        Source("Places365", _OPENOOD, ("images_classic/places365", listed("places365"))),
    )
