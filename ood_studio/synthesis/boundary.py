"""The near-boundary loop (SynOOD, Sec. 3.3): the noise of an inpainting model changes until the picture is hardly ID.

An iteration paints the picture from its noise, reads a guide's loss, and moves the noise against the gradient. The
gradient is taken at the *final* latents and used as if it were the noise's own (skip gradient, Eq. 9): it goes through
guide and decoder alone, so that the U-Net is never differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import torch
from torch import Tensor

from ood_studio.backbones.half import gradient_of, through_half
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.core.progress import Progress, silent
from ood_studio.core.threads import one_thread
from ood_studio.synthesis.guides import Guide
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.losses import LossForm
from ood_studio.synthesis.noise import Step, random_direction, update_noise

Direction = Literal["gradient", "random"]
Watcher = Callable[[Tensor], Mapping[str, Tensor]]

_AT_ONCE = 512 * 512
"""Pixels whose gradient is taken at once; a decoder's activations are what fills the memory."""


@dataclass(frozen=True, eq=False)
class Iteration:
    """A batch after some iterations.

    Attributes:
        iteration: how many updates of the noise lie behind it; 0 is the unguided picture. ``total`` how many there will
            be.
        pixels: (batch, 3, height, width) in [0, 1]; black where ``flagged``.
        score: (batch,) the guide's, higher = more in-distribution; of an `EnergyGuide` minus the energy.
        logits: (batch, classes) of a guide that has some.
        loss: (batch,).
        scores: (batch,) of everything that is watched.
        latents: (batch, 4, rows, columns), the final ones.
        noise: (batch, 4, rows, columns), ε.
        pixel_gradient: (batch, 3, height, width), ∂loss / ∂pixels; see `gradient_images`. None after the last update.
        latent_gradient: (batch, 4, rows, columns), ∂loss / ∂latents, what the noise moves against. None likewise.
        flagged: (batch,) whether the model's own safety checker blackened the picture.
        prompts: what the text encoder read, and ``cut`` what it had no room for, a text each per picture.
        note: what there is to say, in one sentence; empty where nothing is.
    """

    iteration: int
    total: int
    pixels: Tensor
    score: Tensor
    logits: Tensor | None
    loss: Tensor
    scores: dict[str, Tensor]
    latents: Tensor | None
    noise: Tensor | None
    pixel_gradient: Tensor | None
    latent_gradient: Tensor | None
    flagged: Tensor
    prompts: tuple[str, ...]
    cut: tuple[str, ...]
    note: str = ""


class LoopBroken(StudioError):
    """The loop met numbers that are not finite.

    Attributes:
        iteration: which one it was in; those before it were yielded.
        rows: which pictures of the batch.
    """

    def __init__(self, message: str, iteration: int, rows: list[int]) -> None:
        super().__init__(message)
        self.iteration, self.rows = iteration, rows


@dataclass(frozen=True)
class NearBoundary:
    """The loop: ε ← ε − r·ρ·∇ (Eq. 10), with ∇ the skip gradient (Eq. 9).

    Each picture has a generator, a gradient and a step of its own, so that its result does not depend on the others in
    the batch (but for the rounding of convolutions, which may change with the batch's size).

    Attributes:
        strength: of the inpainting; where it leaves no step (0), the picture stays as it is and nothing is guided.
        steps, guidance: of the inpainting.
        iterations: guided ones after the unguided picture. The "3 iterations" of the authors' code are three pictures
            and so two updates that are seen: 2 here.
        step_size: r·ρ. The paper's 10 multiplies raw gradients; of a "normalised" one it is the length in the space of
            the noise, which is √d long for d latents (64 for the bundled model, 128 for Stable Diffusion's).
        step: "normalised": the gradient has length 1 per picture before it is multiplied by r·ρ, and the noise returns
            to unit variance afterwards. Without it r·ρ is not portable: the gradients of two models differ a
            thousandfold. "raw": Eq. 10 as it is, with the gradient of the latents before the autoencoder's scaling
            factor. The authors' code takes that of the latents behind it, which is the factor times as long: its raw
            step of 10 on Stable Diffusion 2 (0.18215) is 1.8 here.
        loss: its form, see `ood_studio.synthesis.losses`. The authors' "target" ends where all classes are alike; the
            default goes on for pictures that are there from the start, as those are whose object is painted away.
        target: where the loss leads to, see `Guide.loss`; None = the guide's own.
        direction: "random" for a random direction of the gradient's length instead, to be shown beside it.
        seed: of the noise, and of random directions.
    """

    strength: Annotated[
        float, Bounds(0.0, 1.0, step=0.05, help="How much of the noise schedule is run: 1 forgets the picture")
    ] = 0.6
    steps: Annotated[int, Bounds(1, 1000, log=True, step=1, help="Steps of the whole noise schedule")] = 20
    guidance: Annotated[float, Bounds(0.0, 30.0, step=0.5, help="How much the prompt counts")] = 8.0
    iterations: Annotated[int, Bounds(0, 100, step=1, help="Guided iterations; 0 = the unguided picture alone")] = 3
    step_size: Annotated[float, Bounds(0.0, 1e4, step=0.5, help="Step size on the noise (the paper's r times rho)")] = (
        3.0
    )
    step: Annotated[
        Step, Help("Gradients of length 1 and noise of unit variance (normalised), or Eq. 10 as it stands (raw)")
    ] = "normalised"
    loss: Annotated[LossForm, Help("Form of the loss: to a target, hinge, or as published (of the wrong sign)")] = (
        "hinge"
    )
    target: Annotated[float | None, Bounds(-1e4, 1e4, help="Where the loss leads to; none = the guide's own")] = None
    direction: Annotated[Direction, Help("Against the gradient, or a random way of its length to compare with")] = (
        "gradient"
    )
    seed: Annotated[Seed, Help("Seed of the noise, and of random directions")] = 0

    def __post_init__(self) -> None:
        check(self)

    def run(
        self,
        inpainter: Inpainter,
        guide: Guide,
        pixels: Tensor,
        prompts: Sequence[str],
        *,
        mask: Tensor | None = None,
        seeds: Sequence[int] | None = None,
        watch: Watcher | None = None,
        progress: Progress = silent,
    ) -> Iterator[Iteration]:
        """The loop as it goes: the unguided picture, then every iteration. To stop it, stop asking.

        Args:
            inpainter: what paints.
            guide: whose score the loop lowers.
            pixels: (batch, 3, height, width) in [0, 1], of the inpainter's size; see `Inpainter.preprocess`.
            prompts: the contexts, one text a picture.
            mask: where may be painted, see `Inpainter.begin`; None = everywhere, as in the paper.
            seeds: one a picture; None = the same ``seed`` for all, so that all start from the same noise.
            watch: other scores to report of every picture, a `Watch` say.
            progress: told every step of the painting; `Stopped` raised in it ends the loop.

        Raises:
            StudioError: what does not fit.
            InpaintingError: the device has too little memory.
            LoopBroken: numbers that are not finite, naming the iteration.
        """
        given = [self.seed] * len(pixels) if seeds is None else list(seeds)
        # Checked and drawn now, not when the first picture is asked for.
        if not inpainter.kept_steps(self.strength, self.steps):
            inpainter.check(pixels, prompts, given)
            return self._stay(guide, pixels, prompts, watch)
        conditions = inpainter.begin(
            pixels,
            prompts,
            mask=mask,
            strength=self.strength,
            steps=self.steps,
            guidance=self.guidance,
            seeds=given,
        )

        def iterate() -> Iterator[Iteration]:
            with one_thread(len(pixels) == 1 and inpainter.small):
                yield from iterations()

        def iterations() -> Iterator[Iteration]:
            noise, generators = conditions.noise, conditions.generators()
            for i in range(self.iterations + 1):
                last = i == self.iterations
                latents = inpainter.denoise(conditions, noise, _named(progress, i, self.iterations))
                _check_finite(i, "the painted latents", latents)
                found = self._look(inpainter, guide, latents, i, not last)
                shown, flagged = inpainter.screen(found.pixels)
                yield Iteration(
                    iteration=i,
                    total=self.iterations,
                    pixels=shown,
                    score=found.score,
                    logits=found.logits,
                    loss=found.loss,
                    scores=dict(watch(shown)) if watch is not None else {},
                    latents=latents,
                    noise=noise,
                    pixel_gradient=found.pixel_gradient,
                    latent_gradient=found.latent_gradient,
                    flagged=flagged,
                    prompts=conditions.prompts,
                    cut=conditions.cut,
                )
                if found.latent_gradient is not None:
                    moved_by = found.latent_gradient.to(noise)
                    if self.direction == "random":
                        moved_by = random_direction(moved_by, generators)
                    noise = update_noise(noise, moved_by, self.step_size, self.step)

        return iterate()

    def _look(self, inpainter: Inpainter, guide: Guide, latents: Tensor, iteration: int, wanted: bool) -> _Look:
        """The pictures, what the guide sees in them, and where gradients are wanted those."""
        together = at_once(*inpainter.size, most=len(latents))
        parts = [self._look_at(inpainter, guide, rows, wanted) for rows in torch.split(latents, together)]
        look = _Look(
            pixels=torch.cat([part.pixels for part in parts]),
            score=torch.cat([part.score for part in parts]),
            loss=torch.cat([part.loss for part in parts]),
            logits=_joined([part.logits for part in parts]),
            pixel_gradient=_joined([part.pixel_gradient for part in parts]),
            latent_gradient=_joined([part.latent_gradient for part in parts]),
        )
        _check_finite(iteration, "the painted picture", look.pixels)
        _check_finite(iteration, f"the loss ({guide.name})", look.loss)
        if look.latent_gradient is not None:
            _check_finite(iteration, "the gradient", look.latent_gradient)
        return look

    def _look_at(self, inpainter: Inpainter, guide: Guide, latents: Tensor, wanted: bool) -> _Look:
        """`_look` at as many pictures as fit into memory."""
        with torch.set_grad_enabled(wanted):
            leaf = latents.detach().float().requires_grad_(wanted)
            decoded = through_half(inpainter.decode, leaf, inpainter.dtype, apart=True)
            pixels = decoded.detach().requires_grad_(wanted)
            reading = guide.read(pixels)
            loss = guide.loss(reading, self.loss, self.target)
        by_pixel = by_latent = None
        if wanted:
            by_pixel = gradient_of(loss.sum(), pixels, guide.dtype)
            by_latent = torch.autograd.grad(decoded, leaf, by_pixel)[0]
        logits = None if reading.logits is None else reading.logits.detach()
        return _Look(pixels.detach(), reading.score.detach(), loss.detach(), logits, by_pixel, by_latent)

    def _stay(self, guide: Guide, pixels: Tensor, prompts: Sequence[str], watch: Watcher | None) -> Iterator[Iteration]:
        """The pictures themselves, where the strength leaves no step to take."""
        with torch.no_grad():
            shown = pixels.detach().float()
            reading = guide.read(shown)
            loss = guide.loss(reading, self.loss, self.target)
        yield Iteration(
            iteration=0,
            total=0,
            pixels=shown,
            score=reading.score,
            logits=reading.logits,
            loss=loss,
            scores=dict(watch(shown)) if watch is not None else {},
            latents=None,
            noise=None,
            pixel_gradient=None,
            latent_gradient=None,
            flagged=torch.zeros(len(shown), dtype=torch.bool),
            prompts=tuple(prompts),
            cut=("",) * len(prompts),
            note=f"Strength {self.strength:g} leaves none of {self.steps} steps to take: the picture stays as it is.",
        )


def at_once(height: int, width: int, most: int = 8) -> int:
    """How many pictures of a size are led to the boundary together: 8 of the miniature's, one of Stable Diffusion's."""
    return max(1, min(most, _AT_ONCE // (height * width)))


class _Look(NamedTuple):
    pixels: Tensor
    score: Tensor
    loss: Tensor
    logits: Tensor | None
    pixel_gradient: Tensor | None
    latent_gradient: Tensor | None


def _joined(parts: Sequence[Tensor | None]) -> Tensor | None:
    found = [part for part in parts if part is not None]
    return torch.cat(found) if found else None


def _named(progress: Progress, iteration: int, iterations: int) -> Progress:
    """Says which iteration is painted."""

    def report(stage: str, done: int, total: int) -> None:
        said = f"{stage}, iteration {iteration} of {iterations}" if iteration else f"{stage} the unguided picture"
        progress(said, done, total)

    return report


def _check_finite(iteration: int, what: str, values: Tensor) -> None:
    good = torch.isfinite(values).flatten(1).all(dim=1) if values.ndim > 1 else torch.isfinite(values)
    if not bool(good.all()):
        rows = torch.nonzero(~good)[:, 0].tolist()
        raise LoopBroken(
            f"the loop met numbers that are not finite in iteration {iteration}: {what} of picture "
            f"{', '.join(str(row + 1) for row in rows)} of {len(good)}; try a smaller step size or less guidance",
            iteration,
            rows,
        )
