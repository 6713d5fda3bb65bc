"""Images that two sets share, found by their features: the same image looks the same to a model wherever it lies."""

from __future__ import annotations

import torch
from torch import Tensor

_NEAR = 1e-5  # relative: another batch rounds in another way
_CHUNK = 65_536


def shared_rows(some: Tensor, others: Tensor) -> int:
    """How many rows of (n, …) are also rows of (m, …), but for rounding.

    All rows are laid on a line by one random direction; only those that fall together are compared as a whole.
    """
    some, others = some.flatten(1), others.flatten(1)
    if some.shape[1] != others.shape[1] or not len(some) or not len(others):
        return 0
    direction = torch.randn(some.shape[1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    places, known = _along(some, direction), _along(others, direction)
    order = torch.argsort(known)
    known = known[order]
    reach = _NEAR * float(torch.linalg.vector_norm(direction)) * _longest(some)
    first = torch.searchsorted(known, places - reach)
    last = torch.searchsorted(known, places + reach, right=True)
    found = 0
    for row in (last > first).nonzero().flatten().tolist():
        one = some[row].double()
        near = others[order[int(first[row]) : int(last[row])]].double()
        gap = torch.linalg.vector_norm(near - one, dim=1).min()
        found += bool(gap <= 10 * _NEAR * torch.linalg.vector_norm(one))
    return found


def distinct_rows(rows: Tensor) -> int:
    """How many rows of (n, …) differ from each other by more than rounding."""
    rows = rows.flatten(1)
    if len(rows) < 2:
        return len(rows)
    direction = torch.randn(rows.shape[1], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ordered = rows[torch.argsort(_along(rows, direction))].double()
    gaps = torch.linalg.vector_norm(ordered[1:] - ordered[:-1], dim=1)
    return 1 + int((gaps > 10 * _NEAR * torch.linalg.vector_norm(ordered[1:], dim=1)).sum())


def shared_note(name: str, count: int, whole: int, other: str) -> str:
    """The sentence about a set that shares some of its images with another; empty where it shares none."""
    if not count:
        return ""
    how = "All" if count == whole else f"{count:,} of the"
    return f"{how} {whole:,} pictures of {name} are among {other} too: the model sees no difference."


def _along(rows: Tensor, direction: Tensor) -> Tensor:
    return torch.cat([part.double() @ direction for part in torch.split(rows, _CHUNK)])


def _longest(rows: Tensor) -> float:
    return max(float(torch.linalg.vector_norm(part.double(), dim=1).max()) for part in torch.split(rows, _CHUNK))
