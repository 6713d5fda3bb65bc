"""Where models run, and in which precision."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import torch

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import machine_memory
from ood_studio.core.parameters import Help

Device = Annotated[str, Help("auto, cpu, cuda, cuda:N or mps")]
_Precision = Literal["auto", "float32", "float16", "bfloat16"]
Precision = Annotated[
    _Precision, Help("Numbers that models compute with; auto is half precision (float16) on CUDA, else float32")
]
PRECISIONS: tuple[str, ...] = get_args(_Precision)
_DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def choose_device(asked: str = "auto") -> torch.device:
    """The device to use: CUDA, else Apple's MPS, else the CPU; or the one asked for.

    Args:
        asked: ``auto`` or any torch device name (``cpu``, ``cuda``, ``cuda:1``, ``mps``).

    Raises:
        StudioError: for an unknown device or one that this machine lacks.
    """
    has_mps = torch.backends.mps.is_available()
    if asked in ("", "auto"):
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise StudioError(f"device must be auto, cpu, cuda, cuda:N or mps, not {asked!r}") from error
    there = {"cpu": True, "mps": has_mps, "cuda": (device.index or 0) < torch.cuda.device_count()}
    if device.type not in there:
        raise StudioError(f"device must be auto, cpu, cuda, cuda:N or mps, not {asked!r}")
    if not there[device.type]:
        raise StudioError(f"this machine has no device {asked!r}; choose auto or cpu")
    return device


def model_memory(device: torch.device) -> int:
    """Bytes that the loaded models of one kind may take together: a third of a GPU's memory, or of the machine's."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory // 3)
    return machine_memory() // 3


def working_memory(device: torch.device) -> int:
    """Bytes that one piece of work may take on a device beside the models: a quarter of a GPU's, else 2 GiB."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory // 4)
    return 2 * 2**30


def choose_dtype(device: torch.device, precision: Precision = "auto") -> torch.dtype:
    """The precision models compute in: ``auto`` is half on CUDA and float32 elsewhere.

    Raises:
        StudioError: for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise StudioError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    if precision == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    return _DTYPES[precision]
