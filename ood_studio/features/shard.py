"""One stretch of a dataset encoded, in this process or, from a plain description, in any other."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.backbones.loading import load_again
from ood_studio.core.errors import StudioError
from ood_studio.core.tensor_files import checksum, write_tensors
from ood_studio.data.dataset import Dataset, reopen
from ood_studio.features import decoding
from ood_studio.features.decoding import batches
from ood_studio.features.plan import Plan

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Shard:
    """Features of a stretch of images.

    Attributes:
        tensors: the spaces by name, and ``rows`` (n,) int64, which images of the dataset they are; nothing but
            ``rows`` where no image could be read.
        problems: caption of each unreadable image -> why.
    """

    tensors: dict[str, Tensor]
    problems: dict[str, str]

    def write(self, path: Path) -> None:
        """Writes it with a checksum.

        Raises:
            OSError: if the disk refuses.
        """
        about = {"crc32": checksum(self.tensors), "problems": json.dumps(self.problems)}
        write_tensors(path, self.tensors, about)

    @staticmethod
    def read(path: Path) -> Shard | None:
        """A shard, memory-mapped; None where it is missing, or damaged, which is said."""
        try:
            found = read_file(path)
            if found is None:
                return None
            tensors, about = found
            if about["crc32"] != checksum(tensors):
                raise ValueError("checksum")
            return Shard(tensors, json.loads(about["problems"]))
        except (ValueError, KeyError) as error:
            _log.warning("the kept features %s are damaged (%s) and are built again", path, error)
            return None


def read_file(path: Path) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Memory-mapped tensors and metadata; None where there is no such file.

    Raises:
        ValueError: if it is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(str(error)) from error


def encode_shards(
    backbone: Backbone,
    dataset: Dataset,
    plan: Plan,
    numbers: Sequence[int],
    report: Callable[[int], None] = lambda done: None,
) -> Generator[tuple[int, Shard], None, None]:
    """Encodes shards one after the other; images of the next ones are decoded meanwhile. To stop early, close it.

    Args:
        numbers: which shards.
        report: told before every batch how many images are done; may raise to stop.

    Yields:
        the number and the shard.

    Raises:
        StudioError: if features are not finite.
    """
    done = 0
    found = batches(backbone, dataset, [plan.rows(number) for number in numbers])
    try:
        for number in numbers:
            rows: list[int] = []
            problems: dict[str, str] = {}
            parts: dict[str, list[Tensor]] = {}
            for _ in range(0, len(plan.rows(number)), decoding.BATCH):
                report(done)
                batch = next(found)
                rows += batch.rows
                problems |= batch.problems
                for name, tensor in _encode(backbone, batch.pixels, plan.spaces).items():
                    parts.setdefault(name, []).append(tensor)
                done += len(batch.rows) + len(batch.problems)
            tensors = {name: torch.cat(each) for name, each in parts.items()}
            yield number, Shard(tensors | {"rows": torch.tensor(rows, dtype=torch.int64)}, problems)
    finally:
        found.close()


def describe_shards(backbone: Backbone, dataset: Dataset, plan: Plan) -> list[dict[str, Any]]:
    """Each shard that is not on disk yet as plain values for JSON, which `encode_described` takes in any process.

    Raises:
        StudioError: for a dataset that other processes cannot open.
    """
    about = {
        "backbone": backbone.name,
        "precision": str(backbone.dtype).removeprefix("torch."),
        "fingerprint": backbone.fingerprint,
        "dataset": dataset.description(),
        "plan": {
            "key": plan.key,
            "folder": str(plan.folder.absolute()),
            "count": plan.count,
            "shard": plan.shard,
            "spaces": list(plan.spaces),
        },
    }
    missing = [number for number in plan.numbers if Shard.read(plan.file(number)) is None]
    return [about | {"number": number} for number in missing]


def encode_described(description: Mapping[str, Any], device: str = "auto") -> Path:
    """Encodes one shard of `describe_shards` and writes its file, which `dataset_features` finds.

    Raises:
        StudioError: if the model or the dataset is another one here, or cannot be had.
        OSError: if the disk refuses.
    """
    about = dict(description["plan"])
    plan = Plan(**about | {"folder": Path(about["folder"]), "spaces": tuple(about["spaces"])})
    number = int(description["number"])
    backbone = load_again(description["backbone"], device, description["precision"], description["fingerprint"])
    for _, shard in encode_shards(backbone, reopen(description["dataset"]), plan, [number]):
        shard.write(plan.file(number))
    return plan.file(number)


def _encode(backbone: Backbone, pixels: Tensor, spaces: Sequence[str]) -> dict[str, Tensor]:
    if not len(pixels):
        return {}
    with torch.inference_mode():
        features = backbone.encode_image(pixels)
    encoded = {}
    for name in spaces:
        tensor = getattr(features, name)
        if tensor is None:
            continue
        if not torch.isfinite(tensor).all():
            raise StudioError(f"{backbone.name} gave {name} features that are not finite numbers")
        encoded[name] = tensor.to("cpu", torch.float16 if name == "patches" else torch.float32).contiguous()
    return encoded
