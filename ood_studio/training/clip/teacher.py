"""Distillation: a finished convolutional model teaches a vision transformer (Touvron et al. 2021).

It gives the transformer the sense of locality that it lacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ood_studio.training.clip.model import load_clip

LOCAL = 192  # features at each of the 8 x 8 places


class Teacher:
    """A finished convolutional model: what it sees at each patch, and its vector for the whole image."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        self.clip: Any = load_clip(folder)
        self.clip.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)

    @torch.no_grad()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised pixels -> its 8 x 8 map, (b, 64, `LOCAL`), standardised over the batch; unit vectors (b, dim)."""
        tower = self.clip.visual
        seen = tower.layer2(tower.layer1(tower.stem(pixels)))
        vectors = tower.attnpool(tower.layer4(tower.layer3(seen)))
        seen, vectors = seen.float().flatten(2).transpose(1, 2), vectors.float()
        return (seen - seen.mean((0, 1))) / (seen.std((0, 1)) + 1e-3), F.normalize(vectors, dim=-1)

    def share_texts(self, clip: Any) -> None:
        """Gives another model, in place, everything but its image tower: both then mean the same by a vector."""
        taught = {name: value for name, value in self.clip.state_dict().items() if not name.startswith("visual.")}
        clip.load_state_dict(clip.state_dict() | taught)
