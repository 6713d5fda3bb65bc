"""Gradients through what computes in half precision (float16), where numbers below 6e-8 are 0.

`through_half` is for work whose way in and way out can be wrapped; it scales each row by itself. `gradient_of` is for
a loss and what it was computed from, whatever lies between: features whose patches are made later, transformations of
images, a classifier.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_SCALES = (2.0**14, 2.0**7, 1.0)


def through_half(work: Callable[[Tensor], Tensor], given: Tensor, dtype: torch.dtype, *, apart: bool = False) -> Tensor:
    """``work(given)``, whose gradient goes back through ``work`` at size 1, so that half precision has room for it.

    Args:
        work: of (n, ...), to (m, ...).
        given: (n, ...) float32, in which a gradient of any size has room.
        dtype: in which it computes; only of float16 anything is changed.
        apart: each row of the result comes of the same row of what is given, and has a size of its own.
    """
    if dtype != torch.float16 or not (torch.is_grad_enabled() and given.requires_grad):
        return work(given)
    sizes: list[Tensor] = []
    found: Tensor = _ToOne.apply(work(_FromOne.apply(given, sizes)), sizes, apart)
    return found


def gradient_of(loss: Tensor, given: Tensor, dtype: torch.dtype) -> Tensor:
    """∂ loss / ∂ given, of the shape of ``given``.

    The loss is multiplied by a power of two, and the gradient divided by it; a smaller one where the gradient then is
    too large. In other types than float16 nothing is scaled.

    Args:
        loss: a number.
        given: a leaf that it depends on, such as pixels.
        dtype: in which the model computes.
    """
    if dtype != torch.float16:
        return torch.autograd.grad(loss, given)[0]
    gradient = given
    for scale in _SCALES:
        gradient = torch.autograd.grad(loss * scale, given, retain_graph=scale != _SCALES[-1])[0] / scale
        if bool(torch.isfinite(gradient).all()):
            break
    return gradient


class _ToOne(torch.autograd.Function):
    """The values themselves; a gradient of size 1 goes back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sizes: list[Tensor], apart: bool) -> Tensor:
        ctx.sizes, ctx.apart = sizes, apart
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        size = gradient.flatten(1).abs().amax(dim=1) if ctx.apart else gradient.abs().amax()
        size = torch.where((size > 0) & torch.isfinite(size), size, 1.0)
        ctx.sizes[:] = [size]
        return gradient / _each(size, gradient), None, None


class _FromOne(torch.autograd.Function):
    """The values themselves; the gradient gets its size again."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sizes: list[Tensor]) -> Tensor:
        ctx.sizes = sizes
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * _each(ctx.sizes[0], gradient), None


def _each(size: Tensor, rows: Tensor) -> Tensor:
    """A size of each row, or one of all, to multiply the rows with."""
    return size.reshape(-1, *[1] * (rows.ndim - 1)) if size.ndim else size
