"""What the two SynOOD adapters share: the negative label that each synthetic image is taken for."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.material import Material
from ood_studio.adapters.plp import pseudo_labels


def mined_labels(material: Material) -> tuple[Tensor, Tensor]:
    """The negative labels that synthetic images are nearest to (SynOOD §3.4).

    Returns:
        (m,) for each synthetic image its place in the second, and (mined,) the rows of those labels, ascending.
    """
    assert material.synthetic is not None and material.negative_text is not None
    nearest = pseudo_labels(material.synthetic, material.negative_text)
    rows, places = torch.unique(nearest, return_inverse=True)
    return places, rows


def unit(rows: Tensor) -> Tensor:
    """(n, dim) of unit length, float32."""
    return functional.normalize(rows.float(), dim=-1)


def mined_note(material: Material, mined: int) -> str:
    """What to say of the labels found."""
    assert material.synthetic is not None
    return (
        f"{len(material.synthetic):,} synthetic images are nearest to {mined:,} of the "
        f"{len(material.negative_labels):,} negative labels."
    )
