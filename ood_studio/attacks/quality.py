"""How far a changed image is from the original, for the eye and for a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.scorers import Space, read_features

HIGH_FREQUENCY = 0.25
"""Cycles a pixel from which on a spatial frequency counts as high: half of what the grid can show along an axis."""

_RADIUS, _SIGMA = 5, 1.5  # SSIM's window


@dataclass(frozen=True)
class Quality:
    """Figures of one image, or their means over several.

    Attributes:
        psnr: in dB, see `psnr`.
        ssim: see `ssim`.
        mean_change, max_change: of |ρ|, in [0, 1].
        high_frequency: mean square of the part of ρ in the high frequencies, see `high_frequency_energy`.
        high_share: its share of ρ's whole energy, in [0, 1]; 0 where nothing changed.
    """

    psnr: float
    ssim: float
    mean_change: float
    max_change: float
    high_frequency: float
    high_share: float


def quality(original: Tensor, changed: Tensor) -> list[Quality]:
    """The figures of every image of a batch, each (batch, 3, height, width) in [0, 1].

    Raises:
        StudioError: if the shapes differ.
    """
    if original.shape != changed.shape:
        raise StudioError(f"pictures must be of one shape, not {tuple(original.shape)} and {tuple(changed.shape)}")
    original, changed = original.cpu().double(), changed.cpu().double()  # MPS knows no float64
    change = changed - original
    high = high_frequency_energy(change)
    whole = change.square().mean(dim=(1, 2, 3))
    columns = (
        psnr(original, changed),
        ssim(original, changed),
        change.abs().mean(dim=(1, 2, 3)),
        change.abs().amax(dim=(1, 2, 3)),
        high,
        torch.where(whole > 0, high / whole, 0.0),
    )
    return [Quality(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def mean_quality(each: list[Quality]) -> Quality:
    """The means; of ``max_change`` the largest, and of ``psnr`` the mean over images that changed at all."""
    if not each:
        raise StudioError("there is no picture to average over")
    rows = [asdict(one) for one in each]
    means = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    finite = [one.psnr for one in each if one.psnr != float("inf")]
    means["psnr"] = sum(finite) / len(finite) if finite else float("inf")
    means["max_change"] = max(one.max_change for one in each)
    return Quality(**means)


def psnr(original: Tensor, changed: Tensor) -> Tensor:
    """(batch,) peak signal-to-noise ratio in dB, the peak being 1; infinite where nothing changed."""
    return -10 * (changed - original).square().mean(dim=(1, 2, 3)).log10()


def ssim(original: Tensor, changed: Tensor) -> Tensor:
    """(batch,) structural similarity (Wang et al. 2004): 11×11 Gaussian window of σ = 1.5, K = (0.01, 0.03), the mean
    over the channels and over the places where the window fits; a smaller image gets a smaller window."""
    radius = min(_RADIUS, (min(original.shape[-2:]) - 1) // 2)
    places = torch.arange(-radius, radius + 1, dtype=original.dtype, device=original.device)
    line = torch.exp(-places.square() / (2 * _SIGMA**2))
    line = line / line.sum()

    def smooth(planes: Tensor) -> Tensor:
        channels = planes.shape[1]
        down = line.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
        planes = functional.conv2d(planes, down, groups=channels)
        return functional.conv2d(planes, down.transpose(2, 3), groups=channels)

    a, b = smooth(original), smooth(changed)
    covariance = smooth(original * changed) - a * b
    spread = smooth(original.square()) - a.square() + smooth(changed.square()) - b.square()
    first, second = 0.01**2, 0.03**2
    alike = (2 * a * b + first) * (2 * covariance + second)
    return (alike / ((a.square() + b.square() + first) * (spread + second))).mean(dim=(1, 2, 3))


def high_frequency_energy(perturbation: Tensor) -> Tensor:
    """(batch,) mean square of what ρ holds at radial spatial frequencies √(u² + v²) of `HIGH_FREQUENCY` and more.

    By Parseval the energies of all frequencies add up to the mean square of ρ.
    """
    height, width = perturbation.shape[-2:]
    down = torch.fft.fftfreq(height, dtype=torch.float64)
    right = torch.fft.fftfreq(width, dtype=torch.float64)
    high = (torch.hypot(down[:, None], right[None]) >= HIGH_FREQUENCY).to(perturbation)
    power = torch.fft.fft2(perturbation, norm="ortho").abs().square()
    return (power * high).mean(dim=(1, 2, 3))


@torch.no_grad()
def feature_distance(backbone: Backbone, original: Tensor, changed: Tensor, space: Space = "visual") -> Tensor:
    """(batch,) 1 − cosine between the features of two batches of pixels at the backbone's input size."""
    features = [backbone.encode_image(pixels) for pixels in (original, changed)]
    a, b = (read_features(space, each) for each in features)
    return 1 - functional.cosine_similarity(a, b, dim=1)
