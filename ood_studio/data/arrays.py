"""Features that were computed elsewhere, in place of images: ``.npy``, ``.safetensors`` or ``.parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset

FEATURE_SUFFIXES = (".npy", ".safetensors", ".parquet")
_NDIM = {"joint": 2, "visual": 2, "patches": 4}
_CHUNK = 65_536  # rows checked at a time


class FeatureDataset(Dataset):
    """Features of images that are not there themselves.

    An ``.npy`` file holds an (n, d) array; a ``.safetensors`` file tensors named ``joint``, ``visual`` (n, d),
    ``patches`` (n, rows, columns, d) and ``labels`` (n,), or a single (n, d) one of any name; a ``.parquet`` table
    columns of lists named ``joint``, ``visual`` and a column ``label``, or else a column of numbers for each dimension.
    Features without a name count as joint where d is the size of the model's joint space, else as visual.

    Raises:
        StudioError: if the file cannot be read, or its features are empty, not finite or of another shape.
    """

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        path = Path(path)
        self._path, self._wanted = path.absolute(), labels
        arrays = _READERS[path.suffix.lower()](path)
        numbers = arrays.pop("labels", arrays.pop("label", None))
        if not set(arrays) & set(_NDIM) and len(arrays) == 1:
            arrays = {"": next(iter(arrays.values()))}
        self._features = {key: value for key, value in arrays.items() if key in ("", *_NDIM)}
        if not self._features:
            raise StudioError(
                f"{path.name} holds none of the features {', '.join(_NDIM)}, but {', '.join(arrays) or 'nothing'}"
            )
        self.name = name or path.stem
        self._check(path)
        state = path.stat()
        self.key = f"features/{path.resolve()}/{state.st_size}/{state.st_mtime_ns}"
        self.labels = None
        if numbers is not None and labels != ():
            if numbers.shape != (len(self),) or numbers.is_floating_point():
                raise StudioError(f"the labels in {path.name} must be {len(self):,} whole numbers")
            self.labels = numbers.long().clamp(min=-1).numpy()
            if labels and len(self) and self.labels.max() >= len(labels):
                raise StudioError(f"{path.name} has the label {self.labels.max()}, but there are {len(labels)} labels")

    def __len__(self) -> int:
        return len(next(iter(self._features.values())))

    def load(self, index: int) -> Image.Image:
        """Raises a `StudioError`: there are no images."""
        raise StudioError(f"{self.name} holds features, not pictures; there is nothing to look at")

    def caption(self, index: int) -> str:
        """The number of the row."""
        return f"row {index + 1}"

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted}

    def features(self, model: str, dim: int) -> dict[str, Tensor]:
        """The features by space, as a model with a joint space of ``dim`` gives them; joint ones made unit.

        Raises:
            StudioError: if the joint features are of another size.
        """
        found = dict(self._features)
        if "" in found:
            unnamed = found.pop("")
            found["joint" if unnamed.shape[1] == dim else "visual"] = unnamed
        for name in ("joint", "patches"):
            if name in found and found[name].shape[-1] != dim:
                raise StudioError(
                    f"the {name} features {self.name} have {found[name].shape[-1]} dimensions, but {model} has {dim}"
                )
        types = {"joint": torch.float32, "visual": torch.float32, "patches": torch.float16}
        found = {name: tensor.to(types[name]) for name, tensor in found.items()}
        if "joint" in found:
            found["joint"] = F.normalize(found["joint"], dim=1)
        return found

    def _check(self, path: Path) -> None:
        for name, tensor in self._features.items():
            called = name or "features"
            if tensor.ndim != _NDIM.get(name, 2) or not tensor.is_floating_point():
                raise StudioError(
                    f"the {called} in {path.name} must be {_NDIM.get(name, 2)}-dimensional floating-point numbers, not "
                    f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"
                )
            if not tensor.numel() or len(tensor) != len(self):
                raise StudioError(f"the {called} in {path.name} have the shape {tuple(tensor.shape)}")
            for start in range(0, len(tensor), _CHUNK):
                if not torch.isfinite(tensor[start : start + _CHUNK]).all():
                    raise StudioError(f"the {called} in {path.name} are not all finite numbers")


def _read_npy(path: Path) -> dict[str, Tensor]:
    try:
        array = np.load(path, mmap_mode="c", allow_pickle=False)
        return {"": torch.from_numpy(array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("=")))}
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise StudioError(f"{path.name} is not an array of numbers that can be read ({error})") from error


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise StudioError(f"{path.name} is not a safetensors file that can be read ({error})") from error


def _read_parquet(path: Path) -> dict[str, Tensor]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise StudioError(f"reading {path.name} needs the package pyarrow: pip install pyarrow") from error
    try:
        table: Any = parquet.read_table(path)
        columns = {name: table.column(name).combine_chunks() for name in table.column_names}
        found = {
            name: torch.from_numpy(np.array(columns[name].to_pylist()))
            for name in ("joint", "visual", "label", "labels")
            if name in columns
        }
        if not {"joint", "visual"} & set(found):
            numbers = [columns[name].to_numpy(zero_copy_only=False) for name in columns if name not in found]
            found[""] = torch.from_numpy(np.stack(numbers, axis=1).astype(np.float32))
        return found
    except (OSError, ValueError, TypeError, ArrowException) as error:
        raise StudioError(f"{path.name} is not a table of features that can be read ({error})") from error


_READERS = {".npy": _read_npy, ".safetensors": _read_safetensors, ".parquet": _read_parquet}
