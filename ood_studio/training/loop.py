"""The training loop of every bundled model: seeded, resumable bit for bit, with curves on disk.

A model comes with a recipe, a network and a `Task`; the loop does the rest. A classifier of the main object, in full::

    @dataclass(frozen=True, kw_only=True)
    class ObjectsRecipe(Recipe):
        \"""How to train the classifier of objects.\"""

        steps: TrainingSteps = 2000
        width: Annotated[int, Bounds(8, 256, step=8, help="Channels")] = 32

    @dataclass(frozen=True, eq=False)
    class Objects(Task):
        recipe: ObjectsRecipe
        scenes: SceneCache

        def batch(self, step):
            rows = self.recipe.rng(step).integers(0, len(self.scenes.pixels), self.recipe.batch)
            return {"pixels": to_tensor(self.scenes.pixels[rows]), "labels": torch.from_numpy(self.scenes.labels[rows])}

        def losses(self, model, batch, step):
            return {"class": F.cross_entropy(model(batch["pixels"]), batch["labels"], ignore_index=-1)}

    def train(recipe: ObjectsRecipe) -> Path:
        device = recipe.prepare()
        scenes = load_scenes(recipe.pictures, recipe.seed)
        torch.manual_seed(recipe.seed)
        width, classes = recipe.width, len(TRAINED_CLASSES)
        model = nn.Sequential(nn.Conv2d(3, width, 8, 8), nn.ReLU(), nn.Flatten(), nn.Linear(64 * width, classes))
        trained = TrainingRun(recipe, "objects", model.to(device), Objects(recipe, scenes), inputs=scenes.key).finish()
        folder = recipe.out or ASSETS / "diorama-objects"
        ...  # save `trained` there
        return folder

    if __name__ == "__main__":
        command(ObjectsRecipe, train, __doc__)

``python -m ...objects --steps 500 --width 64`` then trains on CUDA where it is, else on the CPU, shows its progress and
goes on where it was interrupted. `tests/training/test_example.py` runs this text.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_file
from ood_studio.core.paths import cache_dir
from ood_studio.training.curves import Curves
from ood_studio.training.optimisation import adamw, learning_rate, update_average
from ood_studio.training.recipe import Recipe

Batch = Mapping[str, Tensor]
M = TypeVar("M", bound=nn.Module)


class Task(ABC):
    """What a network learns. Instances do not change, so that a step depends on its number alone."""

    @abstractmethod
    def batch(self, step: int) -> Batch:
        """The tensors of a step, by name, on the CPU.

        A function of the step alone: from `Recipe.rng`, or torch's global generator, which is seeded by the step.
        """

    @abstractmethod
    def losses(self, model: Any, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """The losses of a batch on the model's device, scalars by name; their sum is minimised."""

    def constrain(self, model: Any) -> None:  # noqa: B027 (most models need none)
        """Brings weights back to where they may be, in place, after a step; without gradients."""

    def measure(self, model: Any) -> Mapping[str, float]:
        """Figures for the curves, of the weights that will be kept; without gradients, in evaluation mode."""
        return {}


class TrainingRun(Generic[M]):
    """A training under way: its weights, its optimiser and its folder ``cache/training/NAME-DIGEST``.

    The folder belongs to the name, what decides about the weights in the recipe, the initial weights and the inputs:
    a run goes on where it stopped if all of them are the same, and otherwise begins anew. On a CPU, with as many
    threads, an interrupted run ends with the same bits as one that was not; on a GPU as far as its kernels repeat
    themselves.

    Args:
        recipe: how to train.
        name: of the run.
        model: what is trained, on its device; parameters without gradient stay as they are.
        task: what it learns.
        inputs: fingerprints of what else the result depends on: scenes, frozen networks (`fingerprint`).

    Attributes:
        folder: of the checkpoint, the curves (``curves.csv``) and the recipe (``recipe.json``).
        step: how many steps are done.
        kept: the weights that will be kept: the moving average where the recipe asks for one, else the model itself.
    """

    def __init__(self, recipe: Recipe, name: str, model: M, task: Task, *, inputs: str = "") -> None:
        self.recipe, self.name, self.task = recipe, name, task
        self.step = 0
        chosen = json.dumps(recipe.identity(), indent=1, default=str)
        identity = f"{type(recipe).__name__}/{chosen}/{fingerprint(model)}/{inputs}"
        self.folder = cache_dir() / "training" / f"{name}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "recipe.json").write_text(chosen + "\n", encoding="utf-8")
        self._model = model
        self.kept = copy.deepcopy(model).requires_grad_(False) if recipe.average else model
        self._optimizer = adamw(model, recipe.lr, recipe.weight_decay)
        self._device = next(model.parameters()).device
        self._sums: dict[str, Tensor] = {}  # of the losses since the last row of the curves
        self._summed = 0
        self._restore()
        self._curves = Curves(self.folder / "curves.csv", self.step)

    def finish(self) -> M:
        """Trains to the last step and returns the weights to keep, in evaluation mode.

        Raises:
            StudioError: when a loss is not finite.
            OSError: if the disk refuses.
        """
        recipe = self.recipe
        first, started = self.step, time.monotonic()
        saved = started
        print(f"{self.name}: {self._where()}", flush=True)
        bar = tqdm(total=recipe.steps, initial=first, desc=self.name, unit="step", disable=None, dynamic_ncols=True)
        with bar:
            while self.step < recipe.steps:
                self._take_step()
                bar.update()
                last = self.step == recipe.steps
                if self.step % recipe.measure_every == 0 or last:
                    rate = (self.step - first) / (time.monotonic() - started)
                    bar.write(f"{self.name} step {self.step}/{recipe.steps} {self._measure()} {rate:.2f} steps/s")
                    sys.stdout.flush()
                if last or time.monotonic() - saved > recipe.checkpoint_seconds:
                    self._save()
                    saved = time.monotonic()
        return self.kept.eval()

    def _take_step(self) -> None:
        recipe, model = self.recipe, self._model
        torch.manual_seed(recipe.seed * 1_000_003 + self.step)
        batch = {name: tensor.to(self._device) for name, tensor in self.task.batch(self.step).items()}
        losses = self.task.losses(model, batch, self.step)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(self.step, recipe.lr, recipe.steps)
        self._optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        self._optimizer.step()
        with torch.no_grad():
            self.task.constrain(model)
        if recipe.average:
            update_average(self.kept, model, recipe.average, self.step)
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.detach().double()
        self._summed += 1
        self.step += 1

    def _measure(self) -> dict[str, float]:
        """Adds a row to the curves: the mean losses since the last one, and what the task measures."""
        self._check()
        row = {name: float(value) / self._summed for name, value in self._sums.items()}
        self.kept.eval()
        with torch.no_grad():
            row |= self.task.measure(self.kept)
        self.kept.train()
        self._curves.add(self.step, row)
        self._sums, self._summed = {}, 0
        return {name: round(value, 4) for name, value in row.items()}

    def _check(self) -> None:
        bad = [name for name, value in self._sums.items() if not torch.isfinite(value)]
        if bad:
            raise StudioError(
                f"{self.name}: the loss {', '.join(bad)} is not finite at step {self.step}; a lower learning rate may "
                f"help (the last checkpoint in {self.folder} is from before)"
            )

    def _save(self) -> None:
        self._check()
        state = {
            "model": self._model.state_dict(),
            "kept": self.kept.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "sums": self._sums,
            "summed": self._summed,
            "step": self.step,
        }
        with scratch_file(self.folder / "checkpoint.pt") as scratch:
            torch.save(state, scratch)

    def _restore(self) -> None:
        path = self.folder / "checkpoint.pt"
        if self.recipe.restart:
            path.unlink(missing_ok=True)
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self._model.load_state_dict(state["model"])
        self.kept.load_state_dict(state["kept"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._sums = {name: value.to(self._device) for name, value in state["sums"].items()}
        self._summed, self.step = state["summed"], state["step"]

    def _where(self) -> str:
        if not self.step:
            return f"{self.recipe.steps:,} steps on {self._device}; checkpoint and curves in {self.folder}"
        if self.step < self.recipe.steps:
            return f"going on from step {self.step:,} of {self.recipe.steps:,}, in {self.folder}"
        return f"already finished, in {self.folder} (--restart trains it anew)"


def fingerprint(*modules: nn.Module) -> str:
    """A digest of the weights and buffers of modules."""
    digest = hashlib.sha256()
    for module in modules:
        for name, tensor in module.state_dict().items():
            digest.update(f"{name}/{tensor.dtype}/{tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
