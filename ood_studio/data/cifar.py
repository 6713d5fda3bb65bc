"""CIFAR's own binary files (those of its Python version are pickles, which this project does not read)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset

_SIDE = 32
_PIXELS = 3 * _SIDE * _SIDE


class CifarDataset(Dataset):
    """The images of ``test_batch.bin`` and the like: records of label bytes, the last of which counts, and pixels.

    Args:
        files: the binary files, in order.
        name: for people and rows.
        label_bytes: before each image: 1 for CIFAR-10, 2 (coarse, fine) for CIFAR-100.
        labelled: whether the labels are those of the ID classes.

    Raises:
        StudioError: if a file is missing or cut short.
    """

    def __init__(self, files: Sequence[Path | str], name: str, label_bytes: int, labelled: bool = True) -> None:
        record = label_bytes + _PIXELS
        parts, digest = [], hashlib.sha256()
        for path in files:
            try:
                raw = np.memmap(path, np.uint8, "r")
            except (OSError, ValueError) as error:
                raise StudioError(f"{path} cannot be read ({error})") from error
            if len(raw) % record:
                raise StudioError(f"{path} is no CIFAR file: {len(raw):,} bytes, not a multiple of {record:,}")
            parts.append(raw.reshape(-1, record))
            digest.update(raw.data)
        self._records = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._files = [str(Path(file).absolute()) for file in files]
        self._skip, self._labelled = label_bytes, labelled
        self.name, self.key = name, f"cifar/{label_bytes}/{digest.hexdigest()}"
        self.place = ", ".join(self._files)
        self.labels = self._records[:, label_bytes - 1].astype(np.int64) if labelled else None

    def __len__(self) -> int:
        return len(self._records)

    def load(self, index: int) -> Image.Image:
        """The image, 32 × 32 pixels."""
        planes = self._records[index, self._skip :].reshape(3, _SIDE, _SIDE)
        return Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))

    def caption(self, index: int) -> str:
        """The number of the image."""
        return f"{self.name} {index + 1}"

    def _arguments(self) -> dict[str, Any]:
        return {
            "files": self._files,
            "name": self.name,
            "label_bytes": self._skip,
            "labelled": self._labelled,
        }
