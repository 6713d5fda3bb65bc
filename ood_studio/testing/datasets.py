"""The contract of every dataset."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset, Subset, reopen
from ood_studio.testing.contract import require, run_checks

_MOST = 8  # images looked at


def dataset_contract(dataset: Dataset) -> None:
    """Checks what every dataset keeps to, on its first images, all of which should be readable.

    Raises:
        ContractError: listing every check that fails.
    """
    run_checks(DATASET_CHECKS, dataset, f"the dataset {dataset.name}")


def it_has_images_a_name_and_a_key(dataset: Dataset) -> None:
    """As many images as `len` says, none beyond; a name and a key."""
    require(len(dataset) > 0, "it holds no images")
    require(bool(dataset.name and dataset.key), f"it has no name or no key: {dataset.name!r}, {dataset.key!r}")
    try:
        dataset.load(len(dataset))
    except Exception:  # whatever a sequence of its kind raises
        return
    require(False, f"there is an image beyond its {len(dataset):,}")


def labels_are_numbers_of_its_images(dataset: Dataset) -> None:
    """None, or (n,) int64 from -1; within the classes where the data bring some."""
    labels = dataset.labels
    if labels is None:
        return
    require(labels.dtype == np.int64 and labels.shape == (len(dataset),), f"labels are {labels.dtype} {labels.shape}")
    require(int(labels.min()) >= -1, "labels lie below -1")
    names = dataset.classes
    require(len(set(names)) == len(names), "two of its classes have one name")


def images_are_rgb_and_the_same_again(dataset: Dataset) -> None:
    """Every look gives the same RGB pixels, and `show` an image of them."""
    for index in _first(dataset):
        image = dataset.load(index)
        require(isinstance(image, Image.Image) and image.mode == "RGB", f"image {index} is no RGB image")
        require(_same(image, dataset.load(index)), f"image {index} is another one the second time")
        require(isinstance(dataset.show(index), Image.Image), f"image {index} cannot be shown")


def every_image_has_a_caption(dataset: Dataset) -> None:
    """A text that people can call it by."""
    for index in _first(dataset):
        caption = dataset.caption(index)
        require(isinstance(caption, str) and bool(caption), f"image {index} has no caption")


def threads_may_read_at_once(dataset: Dataset) -> None:
    """Many threads get what one gets."""
    indices = _first(dataset)
    alone = [dataset.load(index) for index in indices]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(dataset.load, indices * 3))
    for i, image in enumerate(together):
        require(_same(image, alone[i % len(indices)]), "an image read beside others is another one")


def it_is_reopened_or_says_why_not(dataset: Dataset) -> None:
    """From its description in JSON, and by pickle: the same key, labels and images, in another process too."""
    try:
        description = dataset.description()
    except StudioError:
        return
    for again in (reopen(json.loads(json.dumps(description))), pickle.loads(pickle.dumps(dataset))):
        require(again.key == dataset.key and again.name == dataset.name, "reopened it is another dataset")
        require(len(again) == len(dataset) and again.classes == dataset.classes, "reopened it has other images")
        labels = dataset.labels
        same = again.labels is None if labels is None else np.array_equal(again.labels, labels)  # type: ignore[arg-type]
        require(same, "reopened it has other labels")
        for index in _first(dataset):
            require(_same(again.load(index), dataset.load(index)), f"reopened it has another image {index}")


def a_part_of_it_is_a_dataset(dataset: Dataset) -> None:
    """A subset draws the same images again."""
    count = min(3, len(dataset))
    part, again = Subset(dataset, count, 0), Subset(dataset, count, 0)
    require(len(part) == count and part.key == again.key, "the same subset drawn twice has two keys")
    require(_same(part.load(0), again.load(0)), "the same subset drawn twice has other images")


DATASET_CHECKS: tuple[Callable[[Dataset], None], ...] = (
    it_has_images_a_name_and_a_key,
    labels_are_numbers_of_its_images,
    images_are_rgb_and_the_same_again,
    every_image_has_a_caption,
    threads_may_read_at_once,
    it_is_reopened_or_says_why_not,
    a_part_of_it_is_a_dataset,
)
"""Every check of `dataset_contract`."""


def _first(dataset: Dataset) -> list[int]:
    return list(range(min(_MOST, len(dataset))))


def _same(a: Image.Image, b: Image.Image) -> bool:
    return a.size == b.size and a.mode == b.mode and a.tobytes() == b.tobytes()
