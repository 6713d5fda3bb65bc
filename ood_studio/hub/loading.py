"""Loading models with the large libraries, once for all users."""

from __future__ import annotations

import importlib
import pickle
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

import torch

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import is_out_of_memory
from ood_studio.core.progress import Progress, silent
from ood_studio.core.unicode import listed
from ood_studio.hub.device import Precision, choose_device, choose_dtype, model_memory
from ood_studio.hub.errors import CannotLoad, ModelError, first_line, naming
from ood_studio.hub.files import State

T = TypeVar("T")


class LoadedModels(Generic[T]):
    """The loaded models of one kind that all users share; the least recently used one leaves when there are too many,
    or when they take more than a third of the memory that they lie in; there are three kinds.

    Args:
        limit: how many there may be.
        error: what is raised where one cannot be had.
        offline: names of those that load without a network.
    """

    def __init__(self, limit: int, error: type[ModelError], offline: Callable[[], Sequence[str]]) -> None:
        self._shared: KeyedCache[T] = KeyedCache(limit, size=held_bytes)
        self._error, self._offline = error, offline

    def get(
        self,
        name: str,
        device: str,
        precision: Precision,
        load: Callable[[torch.device, torch.dtype], T],
        *,
        state: Callable[[], State],
        variant: Hashable = None,
        pool: KeyedCache[T] | None = None,
        progress: Progress = silent,
    ) -> T:
        """The model of a name, loaded by ``load(device, dtype)`` when nobody has yet.

        Args:
            name: of the model.
            device, precision: see `choose_device` and `choose_dtype`.
            load: finds the files, which may take gigabytes of downloads: two users wait for one.
            state: of the files of a model in a folder; other files are another model.
            variant: what else tells models of one name apart.
            pool: where models are kept instead.
            progress: told while another thread loads it; may raise to end the wait.

        Raises:
            ModelError: one sentence with the name, the reason and what is available offline.
            StudioError: for an impossible device or precision.
        """
        place = choose_device(device)
        dtype = choose_dtype(place, precision)
        with self.naming(name):
            key = (name, str(place), dtype, variant, state())
            kept = pool or self._shared
            found = kept.get(key, lambda: load(place, dtype), lambda: progress(f"waiting for {name}", 0, 1))
        kept.trim(model_memory(place))
        return found

    @contextmanager
    def naming(self, name: str) -> Iterator[None]:
        """Turns a `CannotLoad` into the error of this kind of models."""
        with naming(name, self._error, self._offline):
            yield


def held_bytes(model: object) -> int:
    """What the weights of a loaded model take: of all networks among its attributes, each piece of memory once."""
    found: dict[int, int] = {}

    def look(value: object, depth: int) -> None:
        if isinstance(value, torch.nn.Module):
            for tensor in (*value.parameters(), *value.buffers()):
                found[tensor.data_ptr()] = max(found.get(tensor.data_ptr(), 0), tensor.nbytes)
        elif depth:
            inner = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
            for each in inner:
                look(each, depth - 1)

    look(model, 3)
    return sum(found.values())


def import_whole(*libraries: str) -> None:
    """Imports libraries whose modules replace themselves while they are imported: another thread would get half of one.

    Importing such a module waits for a thread that is at it, but only the import after that sees the whole one.
    """
    for name in libraries:
        importlib.import_module(name)


@contextmanager
def building(file: str, device: torch.device) -> Iterator[None]:
    """Turns what a library raises while it builds a model and reads its weights ``file`` into one reason.

    Raises:
        CannotLoad: naming the file.
    """
    from safetensors import SafetensorError

    try:
        yield
    except StudioError:
        raise
    except Exception as error:  # the libraries raise anything for a configuration they cannot build
        if is_out_of_memory(error):
            raise CannotLoad(f"it does not fit into the memory of {device}") from error
        unreadable = (SafetensorError, pickle.UnpicklingError, EOFError)
        if isinstance(error, pickle.UnpicklingError):  # torch advises to trust it
            why = f"its weights file {file} is damaged or not safe to load (it holds more than plain tensors)"
        elif isinstance(error, unreadable) or isinstance(error.__cause__, unreadable):  # timm wraps it
            why = f"its weights file {file} is damaged or not safe to load ({first_line(error)})"
        elif "state_dict" in str(error):
            why = f"its weights file {file} does not fit its configuration{_misfit(str(error))}"
        else:
            why = f"its files {file} and configuration make no model ({first_line(error)})"
        raise CannotLoad(why) from error


def _misfit(said: str) -> str:
    """What torch says of tensors that do not fit, in brackets."""
    reasons = []
    for kind, reason in (("Missing", "it lacks {}"), ("Unexpected", "the model has no {}")):
        if names := re.findall(r'"([^"]+)"', "".join(re.findall(rf"{kind} key\(s\) in state_dict: ([^\n]*)", said))):
            reasons.append(reason.format(listed(names)))
    sizes = re.findall(r"size mismatch for ([^:\n]+): [^\n]*?Size\(\[([\d, ]*)\]\)[^\n]*?Size\(\[([\d, ]*)\]\)", said)
    if sizes:
        name, held, wanted = (text.replace(", ", " × ") for text in sizes[0])
        reasons.append(f"its {name} is of {held or 'no'} numbers, not {wanted or 'no'}")
    return f" ({'; '.join(reasons)})" if reasons else ""


@contextmanager
def without_bars(*libraries: str) -> Iterator[None]:
    """Without the progress bars of diffusers or transformers: a miniature loads in no time, a download has its own."""
    loggings = [importlib.import_module(f"{library}.utils.logging") for library in libraries]
    shown = [each for each in loggings if each.is_progress_bar_enabled()]
    for each in shown:
        each.disable_progress_bar()
    try:
        yield
    finally:
        for each in shown:
            each.enable_progress_bar()
