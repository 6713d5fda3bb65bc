"""Feature-space adversarial OOD images (PLP, Sec. 3.4): pixels change until the features are those of ID images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import torch
from torch import Tensor

from ood_studio.attacks.objective import Objective
from ood_studio.attacks.smoothness import smoothness_loss, smoothness_weight
from ood_studio.attacks.transforms import Kind, draw_transform
from ood_studio.backbones.base import ImageFeatures
from ood_studio.backbones.half import gradient_of
from ood_studio.backbones.resampling import resampling
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import OutOfMemory, is_out_of_memory
from ood_studio.core.parameters import Bounds, Help, Seed, Steps, check
from ood_studio.core.threads import one_thread
from ood_studio.scorers import FittedScore, read_features
from ood_studio.scorers.vectors import parts_of

Norm = Literal["none", "linf", "l2"]
Smoothness = Annotated[float, Bounds(0.0, 1e4, log=True, help="Smoothness λ, in the paper's unit (224 pixels)")]
Budget = Annotated[
    float,
    Bounds(0.0, 1e4, log=True, help="How large the change may become: in 255ths (L∞), or its Euclidean length (L2)"),
]


@dataclass(frozen=True, eq=False)
class AttackStep:
    """Where a batch is after some steps.

    Attributes:
        step: how many steps lie behind it; ``total`` how many there will be.
        similarity: (batch,) what is maximised: the mean over the objectives of the cosine to the target (or the score).
        roughness: (batch,) the ℓ_smooth of Eq. 7.
        scores: (batch,) of every score that is watched.
        pixels: (batch, 3, height, width) in [0, 1], the changed images.
    """

    step: int
    total: int
    similarity: Tensor
    roughness: Tensor
    scores: dict[str, Tensor]
    pixels: Tensor


class Diverged(StudioError):
    """The attack met numbers that are not finite.

    Attributes:
        last: the last good images; None where there were none.
    """

    def __init__(self, message: str, last: AttackStep | None) -> None:
        super().__init__(message)
        self.last = last


@dataclass(frozen=True)
class FeatureAttack:
    """The attack: minimises −sim(g(x), g(x′ + ρ)) + λ·ℓ_smooth(ρ) over ρ with Adam (Eq. 8 of PLP).

    ρ starts as Gaussian noise, and x′ + ρ is clamped to [0, 1] after every step. Each image has a loss, a noise and
    Adam moments of its own, so that its result does not depend on the others in the batch (but for the rounding of
    matrix products, which may change with the batch's size). The same call gives the same bits on a CPU.

    Attributes:
        smoothness: λ in the paper's unit, see `smoothness_weight`: 0 for CIFAR10-A, 5000 for CIFAR10-AS.
        steps: of Adam.
        learning_rate: of Adam.
        noise: standard deviation of the noise that ρ starts from.
        norm: which norm of ρ the budget bounds; ``none`` as in the paper. "linf": the largest change of a value; "l2":
            the Euclidean length over all values of an image, each in [0, 1].
        budget: the bound, of "linf" in 255ths, as levels of 8 bits are counted; ρ is projected on it after every step.
            Without a norm it plays no part.
        robust: transformations to withstand: every step averages over ``draws`` of them, drawn at random, instead of
            looking at the image itself. The same ones for the whole batch.
        draws: see ``robust``.
        seed: of the noise and of the transformations.
    """

    smoothness: Smoothness = 0.0
    steps: Annotated[Steps, Help("Steps of Adam")] = 250
    learning_rate: Annotated[float, Bounds(1e-6, 1.0, log=True, help="Learning rate of Adam")] = 1e-3
    noise: Annotated[float, Bounds(0.0, 0.5, help="Standard deviation of the noise to start from")] = 1e-3
    norm: Annotated[Norm, Help("Norm of the change that the budget bounds")] = "none"
    budget: Budget = 8.0
    robust: Annotated[tuple[Kind, ...], Help("Transformations that the attack learns to withstand")] = ()
    draws: Annotated[int, Bounds(1, 64, step=1, help="Random transformations averaged in a step")] = 2
    seed: Annotated[Seed, Help("Seed of the noise to start from, and of the transformations")] = 0

    def __post_init__(self) -> None:
        check(self)

    @property
    def title(self) -> str:
        """What sets it apart, for people: "λ = 5000", or its budget, "L∞ 8/255" or "L2 3"."""
        if self.norm == "linf":
            return f"L∞ {self.budget:g}/255"
        return f"L2 {self.budget:g}" if self.norm == "l2" else f"λ = {self.smoothness:g}"

    def run(
        self,
        pixels: Tensor,
        objectives: Objective | Sequence[Objective],
        *,
        mask: Tensor | None = None,
        watch: Mapping[str, FittedScore] | None = None,
        every: int = 10,
        on_step: Callable[[int], None] = lambda step: None,
    ) -> Iterator[AttackStep]:
        """The attack as it goes: the start, every so many steps, and the end. To stop it, stop asking.

        Args:
            pixels: (batch, 3, height, width) in [0, 1], of images as they are kept. The gradient goes through the
                backbone's preprocessing, so that a photograph keeps its size, and what is kept of it is what the
                backbone sees. Images at the backbone's own size are had from `framed`.
            objectives: what is attacked; of several (an ensemble of backbones) the mean nearness is maximised.
            mask: (height, width) or (batch, 1, height, width) in [0, 1], 0 where nothing may change; in between,
                steps are smaller.
            watch: scores to report, of the first objective's backbone.
            every: steps between reports.
            on_step: called before every step with how many lie behind; may raise to stop.

        Raises:
            StudioError: pixels, mask or targets that do not fit.
            OutOfMemory: too many pictures at once.
            Diverged: numbers that are not finite, with the last good images.
        """
        return _Run(
            self, pixels, [objectives] if isinstance(objectives, Objective) else [*objectives], mask, watch or {}
        ).steps(every, on_step)

    def project(self, perturbation: Tensor, pixels: Tensor) -> Tensor:
        """The perturbation within its budget, and then within what keeps pixels + perturbation in [0, 1].

        The second never enlarges a value, so that both hold. Exact for "linf"; for "l2" each of the two is the nearest
        point, their sequence need not be.
        """
        if self.norm == "linf":
            most = self.budget / 255
            perturbation = perturbation.clamp(-most, most)
        elif self.norm == "l2":
            lengths = torch.linalg.vector_norm(perturbation.flatten(1), dim=1).clamp_min(1e-30)
            perturbation = perturbation * (self.budget / lengths).clamp_max(1)[:, None, None, None]
        return torch.clamp(perturbation, -pixels, 1 - pixels)

    def start(self, pixels: Tensor) -> Tensor:
        """ρ before the first step, (batch, 3, height, width): each image's own noise, drawn from seed and content."""
        rows = []
        for image in pixels:
            content = image.detach().cpu().contiguous().numpy().tobytes()
            digest = hashlib.sha256(f"{self.seed}/".encode() + content).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
            rows.append(torch.randn(image.shape, generator=generator, dtype=image.dtype))
        return torch.stack(rows).to(pixels) * self.noise


@dataclass(eq=False)
class _Run:
    attack: FeatureAttack
    pixels: Tensor
    objectives: list[Objective]
    mask: Tensor | None
    watch: Mapping[str, FittedScore]
    views: list[Callable[[Tensor], Tensor]] = field(init=False)

    def __post_init__(self) -> None:
        _check_pixels(self.pixels)
        if not self.objectives:
            raise StudioError("an attack needs at least one objective")
        batch, _, height, width = self.pixels.shape
        for objective in self.objectives:
            if isinstance(objective.target, Tensor) and len(objective.target) not in (1, batch):
                raise StudioError(f"there must be 1 target or {batch}, one a picture, not {len(objective.target)}")
        device = self.objectives[0].backbone.device
        kind = torch.float64 if self.pixels.dtype == torch.float64 else torch.float32
        # A clone, since tensors of inference mode take no part in gradients.
        self.pixels = self.pixels.detach().clone().to(device, kind)
        self.views = [resampling(objective.backbone, height, width) for objective in self.objectives]
        self.weight = smoothness_weight(self.attack.smoothness, min(height, width))
        self.generator = torch.Generator().manual_seed(self.attack.seed)
        if self.mask is not None:
            shape = tuple(self.mask.shape)
            if shape not in ((height, width), (batch, 1, height, width), (1, 1, height, width)):
                raise StudioError(
                    f"a mask must be of shape ({height}, {width}) or ({batch}, 1, {height}, {width}), not {shape}"
                )
            self.mask = self.mask.detach().to(self.pixels)
            if not bool(((self.mask >= 0) & (self.mask <= 1)).all()):
                raise StudioError("a mask must lie in [0, 1]")

    def steps(self, every: int, on_step: Callable[[int], None]) -> Iterator[AttackStep]:
        """See `FeatureAttack.run`."""
        batch, _, height, width = self.pixels.shape
        little = batch == 1 and height * width <= _LITTLE and all(each.backbone.small for each in self.objectives)
        with one_thread(little):
            yield from self._steps(every, on_step)

    def _steps(self, every: int, on_step: Callable[[int], None]) -> Iterator[AttackStep]:
        rho = self.attack.project(self._masked(self.attack.start(self.pixels)), self.pixels)
        good: Tensor | None = None
        adam = _Adam(self.attack.learning_rate, rho)
        for step in range(self.attack.steps + 1):
            on_step(step)
            last = step == self.attack.steps
            # The gradient is taken before the report, so that a caller who waits holds no graph.
            loss, nearness, features, gradient = self._looked(rho, not last)
            if not bool(torch.isfinite(loss)) or (gradient is not None and not bool(torch.isfinite(gradient).all())):
                kept = None if good is None else self._report(step - 1, good, None, None)
                raise Diverged(f"the attack met numbers that are not finite in step {step}; {_ADVICE}", kept)
            if last or step % every == 0:
                yield self._report(step, rho, nearness, features)
            if gradient is None:
                return
            good = rho
            rho = self.attack.project(rho + self._masked(adam.update(gradient)), self.pixels)

    def _looked(self, rho: Tensor, wanted: bool) -> tuple[Tensor, Tensor, ImageFeatures | None, Tensor | None]:
        """The loss, what is maximised, the first backbone's features, and where it is wanted the gradient."""
        try:
            with torch.set_grad_enabled(wanted):
                leaf = rho.detach().requires_grad_(wanted)
                nearness, features = self._nearness(self.pixels + leaf)
                loss = (self.weight * smoothness_loss(leaf) - nearness).sum()
                gradient = gradient_of(loss, leaf, self._precision) if wanted else None
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfMemory(
                f"the attack ran out of memory on {self.pixels.device} with {len(self.pixels)} at once; choose "
                "a smaller model, fewer models or draws, or another device or precision"
            ) from error
        return loss.detach(), nearness.detach(), self._apart(features), gradient

    @torch.no_grad()
    def _apart(self, features: ImageFeatures | None) -> ImageFeatures | None:
        """What the watched scores read of the features, without the graph behind them."""
        if features is None or not self.watch:
            return None
        reads = {part for score in self.watch.values() for part in parts_of(score.scorer.space)}
        patches = features.patches if "patches" in reads else None
        joint, patches = (None if part is None else part.detach() for part in (features.joint, patches))
        return ImageFeatures(joint, features.visual.detach(), patches)

    @property
    def _precision(self) -> torch.dtype:
        kinds = [objective.backbone.dtype for objective in self.objectives]
        return torch.float16 if torch.float16 in kinds else kinds[0]

    def _masked(self, change: Tensor) -> Tensor:
        return change if self.mask is None else change * self.mask

    def _nearness(self, changed: Tensor) -> tuple[Tensor, ImageFeatures | None]:
        """(batch,), and the first backbone's features of the images themselves where they are at hand."""
        found: list[Tensor] = []
        if self.attack.robust:
            draws = [draw_transform(self.attack.robust, self.generator) for _ in range(self.attack.draws)]
            for objective, view in zip(self.objectives, self.views, strict=True):
                found += [objective.nearness(objective.backbone.encode_image(view(draw(changed)))) for draw in draws]
            return torch.stack([each.to(changed) for each in found]).mean(dim=0), None
        features: list[ImageFeatures] = []
        for objective, view in zip(self.objectives, self.views, strict=True):
            features.append(objective.backbone.encode_image(view(changed)))
            found.append(objective.nearness(features[-1]))
        return torch.stack([each.to(changed) for each in found]).mean(dim=0), features[0]

    @torch.no_grad()
    def _report(self, step: int, rho: Tensor, nearness: Tensor | None, features: ImageFeatures | None) -> AttackStep:
        pixels = (self.pixels + rho).clamp_(0, 1)
        if nearness is None:
            nearness, features = self._nearness(pixels)
        scores = {}
        if self.watch:
            features = features or self.objectives[0].backbone.encode_image(self.views[0](pixels))
            for name, score in self.watch.items():
                part = read_features(score.scorer.space, features)
                scores[name] = score(part.detach())
        return AttackStep(step, self.attack.steps, nearness, smoothness_loss(rho), scores, pixels)


class _Adam:
    """Kingma & Ba 2014 at its usual β and ε, for one tensor. torch's own loads its compiler at the first step."""

    def __init__(self, rate: float, like: Tensor) -> None:
        self._rate, self._count = rate, 0
        self._first, self._second = torch.zeros_like(like), torch.zeros_like(like)

    def update(self, gradient: Tensor) -> Tensor:
        """What is to be added."""
        self._count += 1
        self._first.lerp_(gradient, 0.1)
        self._second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        spread = (self._second / (1 - 0.999**self._count)).sqrt_().add_(1e-8)
        return self._first.div(spread).mul_(-self._rate / (1 - 0.9**self._count))


_LITTLE = 512 * 512  # pixels of an image that one thread changes as fast as several
_ADVICE = "try a smaller learning rate or a smaller λ"


def _check_pixels(pixels: Tensor) -> None:
    if pixels.ndim != 4 or pixels.shape[1] != 3 or not pixels.numel() or not pixels.is_floating_point():
        raise StudioError(
            f"the attack expects floating-point pixels of shape (batch, 3, height, width), not {pixels.dtype} of shape "
            f"{tuple(pixels.shape)}"
        )
    if not bool(((pixels >= 0) & (pixels <= 1)).all()):
        raise StudioError("pixels must be numbers in [0, 1]")
