"""Image features of whole sets of pictures: computed batch by batch, kept on disk under the cache folder."""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ood_studio.paths import cache_dir

_log = logging.getLogger(__name__)


def kept_features(key: str, make: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
    """The tensors that ``make`` gives, from ``cache/features/`` where they were kept under ``key`` before.

    A damaged file is named in a warning and built again; a disk that refuses costs a warning, not the features.
    """
    path = cache_dir() / "features" / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.safetensors"
    if path.exists():
        try:
            return load_file(path)
        except (OSError, SafetensorError, ValueError) as error:
            _log.warning("the kept features %s are damaged (%s) and are built again", path, error)
    tensors = {name: tensor.contiguous() for name, tensor in make().items()}
    _write(path, tensors)
    return tensors


def encode_pixels(
    encode: Callable[[Tensor], dict[str, Tensor]], batches: Iterable[Tensor], report: Callable[[int], None]
) -> dict[str, Tensor]:
    """Features of pictures given as batches of pixels, put together on the CPU; ``report`` hears the count so far."""
    parts: dict[str, list[Tensor]] = {}
    done = 0
    for pixels in batches:
        report(done)
        with torch.inference_mode():
            for name, tensor in encode(pixels).items():
                parts.setdefault(name, []).append(tensor.float().cpu())
        done += len(pixels)
    report(done)
    return {name: torch.cat(rows).clone() for name, rows in parts.items()}


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    scratch = path.with_name(f".{path.stem}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, scratch)
        os.replace(scratch, path)
    except (OSError, SafetensorError) as error:
        _log.warning("the features could not be kept in %s (%s); they will be computed again", path, error)
    finally:
        scratch.unlink(missing_ok=True)
