"""What all contracts share: how a broken one is told, and the devices and files that things are tried with."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError

T = TypeVar("T")


class ContractError(AssertionError):
    """Something that everything of this kind keeps to was broken."""


def require(holds: bool, sentence: str) -> None:
    """Checks something.

    Raises:
        ContractError: with the sentence, which says what was expected and what came.
    """
    if not holds:
        raise ContractError(sentence)


def require_close(found: Tensor, expected: Tensor, what: str, *, tolerance: float) -> None:
    """Checks that two tensors have one shape and, up to a relative and absolute tolerance, one content.

    Raises:
        ContractError: naming ``what``.
    """
    found, expected = found.detach().double().cpu(), expected.detach().double().cpu()
    require(found.shape == expected.shape, f"{what} has shape {tuple(found.shape)}, not {tuple(expected.shape)}")
    if not torch.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
        raise ContractError(f"{what} is off by up to {float((found - expected).abs().max()):.3g}")


@contextmanager
def refused(what: str, pattern: str = "") -> Iterator[None]:
    """Checks that the block raises a `StudioError` whose sentence has the pattern in it.

    Raises:
        ContractError: where it raises nothing, something else, or another sentence.
    """
    try:
        yield
    except StudioError as error:
        require(
            re.search(pattern, str(error)) is not None,
            f"{what} is refused with {str(error)!r}, which does not say {pattern!r}",
        )
    except Exception as error:
        raise ContractError(f"{what} raises {type(error).__name__} ({error}), not a StudioError") from error
    else:
        raise ContractError(f"{what} is not refused")


def devices() -> list[torch.device]:
    """Where this machine can compute beside the CPU."""
    found = [torch.device("cuda")] if torch.cuda.is_available() else []
    return [*found, torch.device("mps")] if torch.backends.mps.is_available() else found


@contextmanager
def memory_mapped(tensor: Tensor) -> Iterator[Tensor]:
    """The same float32 tensor in a file that the system reads as it is needed; read-only."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "tensor"
        path.write_bytes(tensor.detach().contiguous().numpy().tobytes())
        yield torch.from_file(str(path), shared=False, size=tensor.numel(), dtype=tensor.dtype).view(tensor.shape)


def check_name(check: Callable[..., None]) -> str:
    """What a check is called, for the names of tests."""
    return check.__name__.replace("_", " ")


def run_checks(checks: Sequence[Callable[[T], None]], thing: T, title: str) -> None:
    """Runs all checks.

    Raises:
        ContractError: one line for each check that fails.
    """
    broken = []
    for check in checks:
        try:
            check(thing)
        except Exception as error:
            sentence = str(error) if isinstance(error, ContractError) else f"{type(error).__name__}: {error}"
            broken.append(f"- {check_name(check)}: {sentence}")
    if broken:
        raise ContractError(f"{title} breaks {len(broken)} of {len(checks)} checks:\n" + "\n".join(broken))
