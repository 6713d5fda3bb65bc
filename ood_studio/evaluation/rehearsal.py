"""Rehearsals: random models of real size, and what this package takes on top of the library's own forward pass."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ood_studio.attacks import FeatureAttack
from ood_studio.attacks.objective import Objective
from ood_studio.backbones import Backbone, load_backbone
from ood_studio.backbones.graph_memory import graph_bytes
from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import peak_memory
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.device import Precision

PROMPT = "This is a {} photo"
_WEIGHTS, _CONFIG = "open_clip_model.safetensors", "open_clip_config.json"


@dataclass(frozen=True)
class Measured:
    """One kind of work at a model of real size.

    Attributes:
        work: what was done.
        seconds: it took here, the median of the repeats.
        bare: seconds of the library's own call on the same; None where it has none.
        peak: bytes of memory at most so far, of the process, or of a GPU.
    """

    work: str
    seconds: float
    bare: float | None
    peak: int

    @property
    def ratio(self) -> float | None:
        """How many times the bare call it took."""
        return None if self.bare is None else self.seconds / self.bare


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal measured.

    Attributes:
        architecture: open_clip's name.
        parameters: of the model.
        graph: bytes that autograd keeps of one image.
        device, precision, threads: where it ran.
        rows: see `Measured`, in the order in which they ran.
    """

    architecture: str
    parameters: int
    graph: int
    device: str
    precision: str
    threads: int
    rows: tuple[Measured, ...]


def rehearse(
    architecture: str,
    device: str = "auto",
    precision: Precision = "auto",
    *,
    images: int = 8,
    texts: int = 64,
    repeats: int = 3,
    progress: Progress = silent,
) -> Rehearsal:
    """Draws an open_clip architecture's weights by chance, saves and loads them, and measures what is done with it.

    Args:
        architecture: one of ``open_clip.list_models()`` with open_clip's own text tower and tokenizer.
        device, precision: see `load_backbone`.
        images: encoded at a time.
        texts: encoded at a time.
        repeats: of every measurement; the median counts.
        progress: told the measurements; may raise to stop.

    Raises:
        StudioError: for an unknown architecture, or one whose text tower or tokenizer is another library's.
    """
    import open_clip

    config = open_clip.get_model_config(architecture)
    if config is None:
        raise StudioError(f"open_clip lists no architecture {architecture!r}; try ViT-B-32, ViT-L-14 or RN50")
    if config["text_cfg"].get("hf_model_name") or config["text_cfg"].get("hf_tokenizer_name"):
        raise StudioError(f"the text tower or tokenizer of {architecture} comes from the Hub; try ViT-B-32 or ViT-L-14")
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder, torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        progress("drawing the weights", 0, 6)
        parameters = _save(architecture, config, Path(folder))
        name = f"open_clip:local-dir:{folder}"
        progress("loading the model", 1, 6)
        started = time.perf_counter()
        backbone: Any = load_backbone(name, device, precision, pool=KeyedCache())
        rows.append(Measured("loading", time.perf_counter() - started, None, peak_memory(backbone.device)))
        pixels = torch.rand(images, 3, *backbone.input_shape)
        one = pixels[:1]
        works = (
            (f"encoding {images} pictures", lambda: _encode(backbone, pixels), lambda: _bare_images(backbone, pixels)),
            (f"preprocessing {images} photographs", lambda: _preprocess(backbone, images), None),
            (
                f"encoding {texts} words",
                lambda: backbone.encode_text([PROMPT.replace("{}", word) for word in _words(texts)]),
                lambda: _bare_texts(backbone, [PROMPT.replace("{}", word) for word in _words(texts)]),
            ),
            ("attacking a picture by a step", lambda: _attack(backbone, one), lambda: _bare_step(backbone, one)),
        )
        for i, (work, ours, bare) in enumerate(works):
            progress(work, 2 + i, 6)
            both = _medians([ours, *([bare] if bare else [])], repeats, backbone.device)
            rows.append(Measured(work, both[0], both[1] if bare else None, peak_memory(backbone.device)))
        kind = str(backbone.dtype).removeprefix("torch.")
        graph = graph_bytes(backbone)
        place = str(backbone.device)
    return Rehearsal(architecture, parameters, graph, place, kind, torch.get_num_threads(), tuple(rows))


def _save(architecture: str, config: dict[str, Any], folder: Path) -> int:
    """Writes a random model as an open_clip folder, and gives how many numbers it has."""
    import open_clip
    from safetensors.torch import save_file

    model = open_clip.create_model(architecture)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / _WEIGHTS)
    (folder / _CONFIG).write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    return sum(each.numel() for each in model.parameters())


def _medians(works: list[Callable[[], object]], repeats: int, device: torch.device) -> list[float]:
    """Seconds of works that take turns, so that a machine that is busy for a while is so for all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for turn in range(repeats + 1):
        for work, own in zip(works, taken, strict=True):
            started = time.perf_counter()
            work()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if turn:  # the first one warms up
                own.append(time.perf_counter() - started)
    return [statistics.median(own) for own in taken]


def _encode(backbone: Backbone, pixels: Tensor) -> None:
    with torch.inference_mode():
        backbone.encode_image(pixels)


def _preprocess(backbone: Backbone, count: int) -> None:
    backbone.preprocess([Image.new("RGB", (640, 480), (i, 90, 160)) for i in range(count)])


def _attack(backbone: Backbone, pixels: Tensor) -> None:
    target = torch.ones(1, backbone.dim, device=backbone.device)
    for _ in FeatureAttack(steps=1).run(pixels, Objective(backbone, target, "joint")):
        pass


@contextmanager
def _library(backbone: Any) -> Iterator[Any]:
    """open_clip's own model, in the precision that it computes in."""
    with backbone._autocast():
        yield backbone._model


def _normalised(backbone: Any, pixels: Tensor) -> Tensor:
    normalised: Tensor = ((pixels.to(backbone.device) - backbone._mean) / backbone._std).to(backbone.dtype)
    return normalised


def _bare_images(backbone: Any, pixels: Tensor) -> None:
    with torch.inference_mode(), _library(backbone) as model:
        model.encode_image(_normalised(backbone, pixels))


def _bare_texts(backbone: Any, texts: list[str]) -> None:
    tokens = backbone._tokenize(texts).to(backbone.device)
    with torch.inference_mode(), _library(backbone) as model:
        model.encode_text(tokens)


def _bare_step(backbone: Any, pixels: Tensor) -> None:
    """Two forward passes and one backward: what a step and the look at its result cannot do without."""
    leaf = pixels.to(backbone.device).requires_grad_()
    with _library(backbone) as model:
        found = model.encode_image(_normalised(backbone, leaf)).float()
        torch.autograd.grad(found.sum(), leaf)
        with torch.no_grad():
            model.encode_image(_normalised(backbone, leaf))


def _words(count: int) -> list[str]:
    return [f"{'old ' * (i % 4)}thing number {i}" for i in range(count)]
