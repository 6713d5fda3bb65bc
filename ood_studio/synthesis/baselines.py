"""What near-boundary images are compared with: images of negative labels, and inpainting that nothing guides."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ood_studio.core.progress import Progress, silent
from ood_studio.synthesis.inpainting import Inpainter

PROMPT = "a photo of a {}"


def negative_label_images(
    inpainter: Inpainter,
    labels: Sequence[str],
    *,
    prompt: str = PROMPT,
    steps: int = 20,
    guidance: float = 8.0,
    seeds: Sequence[int],
    progress: Progress = silent,
) -> Tensor:
    """ "Neg Image" of SynOOD's Table 4: images straight from the text of negative labels.

    Inpainting at strength 1 with the whole image to paint: nothing but the prompt decides, as in text-to-image.

    Args:
        inpainter: what paints.
        labels: one an image.
        prompt: ``{}`` stands for the label.
        steps, guidance: of the inpainting.
        seeds: one an image.
        progress: called every step.

    Returns:
        (labels, 3, height, width) in [0, 1]; black where the model's own safety checker flags an image.
    """
    grey = torch.full((len(labels), 3, *inpainter.size), 0.5)
    prompts = [prompt.replace("{}", label) for label in labels]
    return unguided(
        inpainter, grey, prompts, strength=1.0, steps=steps, guidance=guidance, seeds=seeds, progress=progress
    )


def unguided(
    inpainter: Inpainter,
    pixels: Tensor,
    prompts: Sequence[str],
    *,
    mask: Tensor | None = None,
    strength: float = 0.6,
    steps: int = 20,
    guidance: float = 8.0,
    seeds: Sequence[int],
    progress: Progress = silent,
) -> Tensor:
    """Inpainting that no score guides: iteration 0 of the loop.

    Args:
        inpainter: what paints.
        pixels: (batch, 3, height, width) in [0, 1], of the inpainter's size.
        prompts: one an image.
        mask, strength, steps, guidance, seeds: see `Inpainter.begin`. Where the strength leaves no step (0), the
            images stay as they are.
        progress: called every step.

    Returns:
        (batch, 3, height, width) in [0, 1]; black where the model's own safety checker flags an image.
    """
    if not inpainter.kept_steps(strength, steps):
        inpainter.check(pixels, prompts, seeds)
        return pixels
    conditions = inpainter.begin(
        pixels, prompts, mask=mask, strength=strength, steps=steps, guidance=guidance, seeds=seeds
    )
    latents = inpainter.denoise(conditions, conditions.noise, progress)
    with torch.no_grad():
        return inpainter.screen(inpainter.decode(latents))[0]
