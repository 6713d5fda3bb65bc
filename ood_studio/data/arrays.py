"""Features that were computed elsewhere, in place of images: ``.npy``, ``.safetensors`` or ``.parquet``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed, readable
from ood_studio.data.classes import match_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.feature_files import FEATURE_SUFFIXES, Table, read_features

__all__ = ["FEATURE_SUFFIXES", "FeatureDataset"]

_NDIM = {"joint": 2, "visual": 2, "patches": 4}
_CHUNK = 65_536  # rows checked at a time


class FeatureDataset(Dataset):
    """Features of images that are not there themselves.

    An ``.npy`` file holds an (n, d) array; a ``.safetensors`` file tensors named ``joint``, ``visual`` (n, d),
    ``patches`` (n, rows, columns, d) and ``labels`` (n,), or a single (n, d) one of any name; a ``.parquet`` table
    columns of lists named ``joint``, ``visual`` or a single one of any name, or else a column of floating-point numbers
    for each dimension, and a column ``label`` of whole numbers or class names. Other columns are left out, which a note
    says. Features without a name are the features, whatever space a scorer reads.

    Attributes:
        file: the name of the file, for people.
        unnamed: whether the file does not say which features of a model they are.
        width: of the features: of the visual ones, or what there is.

    Raises:
        StudioError: if the file cannot be read, or its features are empty, not finite or of another shape.
    """

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        path = Path(path)
        self._path, self._wanted, self.file = path.absolute(), labels, readable(path.name)
        found = read_features(path)
        arrays = found.tensors
        numbers = arrays.pop("labels", arrays.pop("label", None))
        others = [key for key in sorted(arrays) if key not in ("", *_NDIM)]
        if len(others) == len(arrays):
            possible = [key for key in others if arrays[key].is_floating_point() and arrays[key].ndim == 2]
            if len(possible) == 1 or len(others) == 1:
                chosen = (possible or others)[0]
                arrays = {"": arrays[chosen]}
                others.remove(chosen)
        self._features = {key: value for key, value in arrays.items() if key in ("", *_NDIM)}
        if not self._features:
            held = ", ".join(sorted(arrays)) or "nothing"
            raise StudioError(f"{self.file} holds none of the features {', '.join(_NDIM)}, but {held}")
        self.name = readable(name or path.stem)
        self._check()
        state = path.stat()
        place = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
        self.key = f"features/{place}/{state.st_size}/{state.st_mtime_ns}"
        self.place = readable(str(self._path))
        self.labels = None
        more = f"its tensors {listed(others)} are no features and were left out"
        self.notes = (*found.notes, more) if others else found.notes
        if labels != ():
            self._label(found, numbers, labels)

    def __len__(self) -> int:
        return len(next(iter(self._features.values())))

    @property
    def unnamed(self) -> bool:
        return "" in self._features

    @property
    def width(self) -> int:
        return self._features.get("visual", next(iter(self._features.values()))).shape[-1]

    def load(self, index: int) -> Image.Image:
        """Raises a `StudioError`: there are no images."""
        raise StudioError(f"{self.name} holds features, not pictures; there is nothing to look at")

    def caption(self, index: int) -> str:
        """The number of the row."""
        return f"row {index + 1}"

    def files(self) -> Sequence[tuple[str, Path]]:
        """The one file."""
        return [("", self._path)]

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted}

    def features(self, model: str, dim: int) -> dict[str, Tensor]:
        """The features by space, as a model with a joint space of ``dim`` gives them; joint ones made unit.

        Features without a name are those of both spaces, of any size.

        Raises:
            StudioError: if the joint features are of another size.
        """
        found = dict(self._features)
        if "" in found:
            unnamed = found.pop("")
            found = {"joint": unnamed, "visual": unnamed}
            dim = unnamed.shape[1]
        for name in ("joint", "patches"):
            if name in found and found[name].shape[-1] != dim:
                raise StudioError(
                    f"the {name} features in {self.file} have {found[name].shape[-1]} dimensions, but {model} has {dim}"
                )
        types = {"joint": torch.float32, "visual": torch.float32, "patches": torch.float16}
        found = {name: tensor.to(types[name]) for name, tensor in found.items()}
        if "joint" in found:
            found["joint"] = F.normalize(found["joint"], dim=1)
        return found

    def lacks(self, space: str, dim: int) -> str:
        """Why there are no features of a space, in which a model has ``dim`` dimensions, in one sentence."""
        called = {"patches": "patch", "": "unnamed"}
        kinds = [f"{called.get(key, key)} ones of {held.shape[-1]} dimensions" for key, held in self._features.items()]
        wanted = f"no {called.get(space, space)} features of {dim} dimensions"
        return f"{self.file} holds {wanted}, but {' and '.join(kinds)}"

    def _label(self, found: Table, numbers: Tensor | None, labels: Sequence[str] | None) -> None:
        """Takes the labels of the file: class names, or numbers that refer to ``labels`` by their places."""
        if found.classes is not None:
            classes = match_classes(found.classes, labels)
            self.classes, self.labels = classes.names, classes.labels
            self.notes = (*self.notes, *classes.notes)
        elif numbers is not None:
            if numbers.shape != (len(self),) or numbers.is_floating_point():
                raise StudioError(f"the labels in {self.file} must be {len(self):,} whole numbers")
            self.numbered = True
            self.labels = numbers.long().clamp(min=-1).numpy()
            if labels and len(self) and self.labels.max() >= len(labels):
                raise StudioError(f"{self.file} has the label {self.labels.max()}, but there are {len(labels)} labels")

    def _check(self) -> None:
        for name, tensor in self._features.items():
            called = name or "features"
            if tensor.ndim != _NDIM.get(name, 2) or not tensor.is_floating_point():
                raise StudioError(
                    f"the {called} in {self.file} must be {_NDIM.get(name, 2)}-dimensional floating-point numbers, not "
                    f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"
                )
            if not tensor.numel() or len(tensor) != len(self):
                raise StudioError(f"the {called} in {self.file} have the shape {tuple(tensor.shape)}")
            bad = [
                start
                for start in range(0, len(tensor), _CHUNK)
                if not torch.isfinite(tensor[start : start + _CHUNK]).all()
            ]
            if bad:
                part = tensor[bad[0] : bad[0] + _CHUNK]
                rows = (~torch.isfinite(part).flatten(1).all(dim=1)).nonzero().flatten() + bad[0] + 1
                raise StudioError(
                    f"the {called} in {self.file} are not all finite numbers (row {listed([*map(str, rows.tolist())])})"
                )
