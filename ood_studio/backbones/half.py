"""Gradients through a part that computes in half precision, whose smallest number is 6e-8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def through_half(work: Callable[[Tensor], Tensor], given: Tensor, dtype: torch.dtype, *, apart: bool = False) -> Tensor:
    """``work(given)``, whose gradient goes back through ``work`` at size 1, so that half precision has room for it.

    Args:
        work: of vectors (n, width), to (m, dim).
        given: (n, width).
        dtype: in which it computes; only of float16 anything is changed.
        apart: each row of the result comes of the same row of what is given, and has a size of its own.
    """
    if dtype != torch.float16 or not (torch.is_grad_enabled() and given.requires_grad):
        return work(given)
    sizes: list[Tensor] = []
    found: Tensor = _ToOne.apply(work(_FromOne.apply(given, sizes)), sizes, apart)
    return found


class _ToOne(torch.autograd.Function):
    """The values themselves; a gradient of size 1 goes back."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sizes: list[Tensor], apart: bool) -> Tensor:
        ctx.sizes, ctx.apart = sizes, apart
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        size = gradient.abs().amax(dim=1, keepdim=True) if ctx.apart else gradient.abs().amax()
        size = torch.where((size > 0) & torch.isfinite(size), size, 1.0)
        ctx.sizes[:] = [size]
        return gradient / size, None, None


class _FromOne(torch.autograd.Function):
    """The values themselves; the gradient gets its size again."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, sizes: list[Tensor]) -> Tensor:
        ctx.sizes = sizes
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.sizes[0], None
