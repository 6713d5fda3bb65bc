"""The datasets of the benchmarks that papers use: ImageNet-1k, CIFAR, and what they are held against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ood_studio.data.cifar import CifarDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.public import Labels, PublicDataset
from ood_studio.data.sources import open_dataset
from ood_studio.worlds.imagenet import imagenet_synsets, is_synset


def _read_imagenet(dataset: PublicDataset, root: Path, path: Path, labels: Labels) -> Dataset:
    """A class folder is named by its WordNet id, and the labels are in the order of these ids."""
    if path.suffix == ".txt":
        return open_dataset(str(path), name=dataset.name, labels=labels, root=str(root))
    found = open_dataset(str(path), name=dataset.name)
    if len(found.classes) == 1000 and all(map(is_synset, found.classes)):
        return found
    known = imagenet_synsets()
    if not set(known).isdisjoint(found.classes):
        return open_dataset(str(path), name=dataset.name, labels=known)
    found = open_dataset(str(path), name=dataset.name, labels=())
    found.notes = (*found.notes, "it has no class folders called by ImageNet's WordNet ids, so there is no accuracy")
    return found


def _read_cifar(classes: int, labelled: bool) -> Callable[[PublicDataset, Path, Path, Labels], Dataset]:
    def read(dataset: PublicDataset, root: Path, path: Path, labels: Labels) -> Dataset:
        if path.suffix == ".bin":
            files = sorted(path.parent.glob("data_batch_*.bin")) if path.name.startswith("data_batch") else [path]
            return CifarDataset(files, dataset.name, label_bytes=1 if classes == 10 else 2, labelled=labelled)
        return open_dataset(str(path), name=dataset.name, labels=labels, root=str(root))

    return read


_MOS = "http://pages.cs.wisc.edu/~huangrui/imagenet_ood_dataset/{}.tar.gz"
_DTD = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
_OPENOOD = "https://github.com/Jingkang50/OpenOOD (scripts/download)"
_TORONTO = "https://www.cs.toronto.edu/~kriz/{}-binary.tar.gz"

IMAGENET_VAL = PublicDataset(
    "ImageNet-1k",
    "https://image-net.org/download-images (the validation pictures, sorted into 1,000 class folders)",
    ("imagenet/val", "ImageNet/val", "ILSVRC-2012/val", "images_largescale/imagenet_1k/val"),
    (50_000,),
    _read_imagenet,
)
IMAGENET_TRAIN = PublicDataset(
    "ImageNet-1k (training)",
    "https://image-net.org/download-images (the training pictures, in 1,000 class folders)",
    ("imagenet/train", "ImageNet/train", "ILSVRC-2012/train", "images_largescale/imagenet_1k/train"),
    read=_read_imagenet,
)
MOS_SETS = (
    PublicDataset(
        "iNaturalist", _MOS.format("iNaturalist"), ("iNaturalist", "ImageNet_OOD_dataset/iNaturalist"), (10_000,)
    ),
    PublicDataset("SUN", _MOS.format("SUN"), ("SUN", "ImageNet_OOD_dataset/SUN"), (10_000,)),
    PublicDataset("Places", _MOS.format("Places"), ("Places", "ImageNet_OOD_dataset/Places"), (10_000,)),
    PublicDataset("Textures", _DTD, ("dtd/images", "ImageNet_OOD_dataset/dtd/images"), (5640,)),
)
"""The four OOD sets of Huang and Li (MOS, 2021), which MCM and NegLabel use."""


def _openood(name: str, whence: str, folder: str, count: int, *lists: str) -> PublicDataset:
    files = tuple(f"benchmark_imglist/imagenet/test_{file}.txt" for file in lists)
    return PublicDataset(name, whence, (folder, *files), (count,))


OPENOOD_VAL = PublicDataset(
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
    PublicDataset("ImageNet-O", "https://people.eecs.berkeley.edu/~hendrycks/imagenet-o.tar", ("imagenet-o",), (2000,)),
)
"""Near OOD first, then far, as in OpenOOD v1.5; ImageNet-O beside them."""


def _cifar(classes: int, suite: int) -> PublicDataset:
    files = {10: "cifar-10-batches-bin/test_batch.bin", 100: "cifar-100-binary/test.bin"}
    lists = f"benchmark_imglist/cifar{suite}/test_cifar{classes}.txt"
    return PublicDataset(
        f"CIFAR-{classes}",
        _TORONTO.format(f"cifar-{classes}"),
        (files[classes], lists, f"images_classic/cifar{classes}/test"),
        (10_000, 9000),
        _read_cifar(classes, labelled=classes == suite),
    )


def cifar_id(classes: int) -> PublicDataset:
    """The test images of CIFAR-10 or CIFAR-100."""
    return _cifar(classes, classes)


def cifar_train(classes: int) -> PublicDataset:
    """The training images of CIFAR-10 or CIFAR-100."""
    files = {10: "cifar-10-batches-bin/data_batch_1.bin", 100: "cifar-100-binary/train.bin"}
    return PublicDataset(
        f"CIFAR-{classes} (training)",
        _TORONTO.format(f"cifar-{classes}"),
        (files[classes], f"images_classic/cifar{classes}/train"),
        read=_read_cifar(classes, labelled=True),
    )


def cifar_ood(classes: int) -> tuple[PublicDataset, ...]:
    """What CIFAR-10 or CIFAR-100 is held against: the other one, then OpenOOD's further sets."""

    def listed(name: str) -> str:
        return f"benchmark_imglist/cifar{classes}/test_{name}.txt"

    return (
        _cifar(110 - classes, classes),
        PublicDataset("Tiny ImageNet", _OPENOOD, ("images_classic/tin/test", listed("tin"))),
        PublicDataset("SVHN", _OPENOOD, ("images_classic/svhn/test", listed("svhn")), (26_032,)),
        PublicDataset("Textures", _DTD, ("dtd/images", listed("texture"), "images_classic/texture"), (5640,)),
        PublicDataset("Places365", _OPENOOD, ("images_classic/places365", listed("places365"))),
    )
