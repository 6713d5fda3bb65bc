"""One stretch of a dataset encoded, in this process or, from a plain description, in any other."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from ood_studio.features.decoding import Batch, batch_size, batches
from ood_studio.features.plan import Plan

_KEEP_SECONDS = 60.0  # after which an unfinished shard is kept: what a killed run may lose
_KEEP_FROM = 5.0  # seconds of work that are worth a file where a run is stopped

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Shard:
    """Features of a stretch of images.

    Attributes:
        tensors: the spaces by name, and ``rows`` (n,) int64, which images of the dataset they are; nothing but
            ``rows`` where no image could be read.
        problems: caption of each unreadable image -> why.
        looked: how many images of the stretch it covers, from the first on; None for all.
    """

    tensors: dict[str, Tensor]
    problems: dict[str, str]
    looked: int | None = None

    def write(self, path: Path) -> None:
        """Writes it with a checksum.

        Raises:
            OSError: if the disk refuses.
        """
        about = {"crc32": checksum(self.tensors), "problems": json.dumps(self.problems)}
        about |= {} if self.looked is None else {"looked": str(self.looked)}
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
            looked = int(about["looked"]) if "looked" in about else None
            return Shard(tensors, json.loads(about["problems"]), looked)
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
    keep: Callable[[int, Shard], None] = lambda number, shard: None,
) -> Generator[tuple[int, Shard], None, None]:
    """Encodes shards one after the other; images of the next ones are decoded meanwhile. To stop early, close it.

    Shards that were begun are gone on with.

    Args:
        numbers: which shards.
        report: told before every batch how many images are done; may raise to stop.
        keep: takes an unfinished shard, every minute and where the work ends early after a few seconds.

    Yields:
        the number and the shard.

    Raises:
        StudioError: if features are not finite.
    """
    size = batch_size(backbone)
    begun = {number: _Begun(Shard.read(plan.part(number))) for number in numbers}
    done = sum(each.looked for each in begun.values())
    found = batches(backbone, dataset, [plan.rows(number)[begun[number].looked :] for number in numbers])
    try:
        for number in numbers:
            shard, since = begun[number], time.monotonic()
            try:
                while shard.looked < len(plan.rows(number)):
                    report(done)
                    batch = next(found)
                    shard.add(batch, _encode(backbone, batch.pixels, plan.spaces))
                    count = min(size, len(plan.rows(number)) - shard.looked)
                    done, shard.looked = done + count, shard.looked + count
                    if time.monotonic() - since > _KEEP_SECONDS and shard.looked < len(plan.rows(number)):
                        keep(number, shard.so_far())
                        since = time.monotonic()
            except BaseException:
                if shard.fresh and time.monotonic() - since > _KEEP_FROM:
                    keep(number, shard.so_far())
                raise
            yield number, replace(shard.so_far(), looked=None)
    finally:
        found.close()


class _Begun:
    """A shard that is being encoded.

    Args:
        kept: what an earlier run left of it.

    Attributes:
        looked: how many of its images were looked at.
        fresh: whether anything was added.
    """

    def __init__(self, kept: Shard | None) -> None:
        usable = kept if kept is not None and kept.looked is not None else None
        self.looked = 0 if usable is None or usable.looked is None else usable.looked
        self.fresh = False
        self._parts = {} if usable is None else {name: [tensor] for name, tensor in usable.tensors.items()}
        self._problems = {} if usable is None else dict(usable.problems)

    def add(self, batch: Batch, encoded: Mapping[str, Tensor]) -> None:
        """Adds a batch."""
        self.fresh = True
        self._problems |= batch.problems
        for name, tensor in {**encoded, "rows": torch.tensor(batch.rows, dtype=torch.int64)}.items():
            self._parts.setdefault(name, []).append(tensor)

    def so_far(self) -> Shard:
        """What there is; ``rows`` alone where no image could be read."""
        tensors = {name: torch.cat(each) for name, each in self._parts.items()}
        return Shard({"rows": torch.empty(0, dtype=torch.int64)} | tensors, dict(self._problems), self.looked)


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
    dataset = reopen(description["dataset"])

    def keep(number: int, shard: Shard) -> None:
        shard.write(plan.part(number))

    for _, shard in encode_shards(backbone, dataset, plan, [number], keep=keep):
        shard.write(plan.file(number))
        plan.part(number).unlink(missing_ok=True)
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
