"""Models that are a folder of files, as diffusers and transformers keep them: bundled, of the hub, or one's own.

What the files are differs from kind to kind (`Layout`); how a name leads to them, what they cost, and that they are
downloaded, checked and loaded once, does not (`FolderModels`).
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping
from pathlib import Path
from typing import Generic, TypeVar

import torch

from ood_studio.core.cache import KeyedCache
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.bundled import Kind, bundled
from ood_studio.hub.cache import cached_file, cached_models
from ood_studio.hub.costs import ModelInfo, Published, licence_in
from ood_studio.hub.device import Precision
from ood_studio.hub.download import complete, hub_file
from ood_studio.hub.errors import CannotLoad, ModelError, naming
from ood_studio.hub.files import check_headers, folder_state, folder_words
from ood_studio.hub.loading import LoadedModels, building, import_whole, without_bars
from ood_studio.hub.names import LOCAL, folder_in, is_repository

T = TypeVar("T")


class Layout(ABC):
    """What files a kind of models consists of.

    Attributes:
        marker: the file that every such model has, relative to its folder.
    """

    marker: str

    @abstractmethod
    def check(self, folder: Path, file: Callable[[str], Path]) -> None:
        """Refuses a model of another kind by its small files, before large ones are downloaded.

        Args:
            folder: with the ``marker``.
            file: the path of another small file of the model, downloaded where needed.

        Raises:
            CannotLoad: for a model of another kind.
        """

    @abstractmethod
    def is_one(self, marker: Path) -> bool:
        """Whether a ``marker`` is of a model of this kind."""

    @abstractmethod
    def missing(self, folder: Path) -> str | None:
        """The first file that a folder lacks; None where it is whole."""

    @abstractmethod
    def weights(self, folder: Path) -> list[str]:
        """The weights files in a folder, relative to it."""

    @abstractmethod
    def wanted(self, folder: Path, there: Collection[str]) -> list[str]:
        """Which of the files of a repository are to be downloaded.

        Args:
            folder: with the ``marker``.
            there: paths of all files of the repository.

        Raises:
            CannotLoad: where one that is needed is not among them.
        """

    @abstractmethod
    def memory(self, folder: Path) -> Mapping[str, float]:
        """About how many GiB a model that is here needs, by precision; see `ModelInfo.memory`."""

    def image_size(self, folder: Path) -> int | None:
        """Height and width of the images of a model that is here, in pixels."""
        return None


class FolderModels(Generic[T]):
    """One kind of such models: their names are that of the bundled one, ORG/REPO, and ``local-dir:PATH``.

    Args:
        kind: as the bundled one says.
        layout: of their files.
        published: those that the interface offers, and what is known of them.
        moved: names that the hub had once, and where the same model is now.
        libraries: that load them; imported when one is loaded.
        error: what is raised, with one sentence.
        limit: how many stay loaded.
    """

    def __init__(
        self,
        kind: Kind,
        layout: Layout,
        *,
        published: Mapping[str, Published],
        libraries: tuple[str, ...],
        error: type[ModelError],
        moved: Mapping[str, str] | None = None,
        limit: int = 2,
    ) -> None:
        self.layout = layout
        self.offered = (*bundled(kind), *published)
        self._kind, self._published, self._moved = kind, published, moved or {}
        self._libraries, self._error = libraries, error
        self._loaded: LoadedModels[T] = LoadedModels(limit, error, self.available_offline)

    def available_offline(self) -> list[str]:
        """Names that load without a network: the bundled model, then what lies in the Hugging Face cache."""
        marker = self.layout.marker
        names = [name for name, model in bundled(self._kind).items() if self.layout.missing(model.folder) is None]
        for model in cached_models():
            if marker in model.files and self.layout.is_one(model.folder / marker):
                names += [model.repository] if self.layout.missing(model.folder) is None else []
        return names

    def describe(self, name: str) -> ModelInfo:
        """What a model costs; a look at folders and small files only.

        Raises:
            ModelError: for a name that is none.
        """
        with naming(name, self._error, self.available_offline):
            folder = self._folder(name)
        own = bundled(self._kind).get(name)
        here = folder is not None and self.layout.missing(folder) is None
        known = self._published.get(name)
        return ModelInfo(
            name=name,
            title=known.title if known else own.title if own else name,
            here=here,
            bundled=own is not None,
            download=0 if here or self.is_folder(name) else known.download if known else None,
            memory=known.memory if known else self.layout.memory(folder) if folder and here else {},
            licence=licence_in(folder) or (known.licence if known else None),
            image_size=known.image_size if known else self.layout.image_size(folder) if folder else None,
        )

    def is_folder(self, name: str) -> bool:
        """Whether a name stands for a folder of this machine rather than for a repository."""
        return name in bundled(self._kind) or name.partition(":")[0] == LOCAL

    def resolve(self, name: str) -> Path:
        """The folder of a model; for a hub model, what the cache lacks is downloaded. Loads no weights.

        Raises:
            ModelError: one sentence with the name, the reason and what is available offline.
        """
        with naming(name, self._error, self.available_offline):
            return self._resolve(name)

    def load(
        self,
        name: str,
        device: str,
        precision: Precision,
        build: Callable[[Path, torch.device, torch.dtype], T],
        *,
        variant: Hashable = None,
        pool: KeyedCache[T] | None = None,
        progress: Progress = silent,
    ) -> T:
        """The model of a name, loaded on first use and shared from then on.

        Args:
            name: see above. Files in the Hugging Face cache are used without asking the hub.
            device: ``auto`` (CUDA, MPS, CPU in that order) or a torch device name.
            precision: ``auto`` is half on CUDA and float32 elsewhere.
            build: makes the model of a folder whose files are whole, offline.
            variant: what else tells loaded models of one name apart.
            pool: where loaded models are kept; the process's own where None.
            progress: told while another thread loads it; may raise to end the wait.

        Raises:
            ModelError: one sentence with the name, the reason and what is available offline.
            StudioError: for an impossible device or precision.
        """

        def load(place: torch.device, dtype: torch.dtype) -> T:
            folder = self._resolve(name)
            import_whole(*self._libraries)
            check_headers(folder, self.layout.weights(folder))
            with building("safetensors", place), without_bars(*self._libraries):
                return build(folder, place, dtype)

        def state() -> tuple[tuple[str, int, int], ...]:
            folder = self._folder(name)
            return folder_state(folder) if self.is_folder(name) else ()

        return self._loaded.get(
            name, device, precision, load, state=state, variant=variant, pool=pool, progress=progress
        )

    def _folder(self, name: str) -> Path | None:
        """Where a model's files lie on this machine, or should; None for a hub model of which there is nothing.

        Raises:
            CannotLoad: for a name of no form.
        """
        own = bundled(self._kind)
        if name in own:
            return own[name].folder
        if name in self._moved:
            raise CannotLoad(f"it has moved: the hub has the same model as {self._moved[name]}")
        form = f"{LOCAL}:PATH"
        folder = folder_in(name, form)
        if folder is None and not is_repository(name):
            close = difflib.get_close_matches(name, self.offered, n=1)
            meant = f"did you mean {close[0]!r}? " if close else ""
            raise CannotLoad(f"unknown name ({meant}expected {', '.join(own)}, ORG/REPO or {form})")
        if folder is not None:
            return folder
        marker = cached_file(name, [self.layout.marker])
        return marker and marker.parent

    def _resolve(self, name: str) -> Path:
        if self.is_folder(name):
            own = self._folder(name)
            assert own is not None
            return self._checked(name, own)
        # The small files first: a repository of another kind is refused before gigabytes are fetched.
        folder = hub_file(name, [self.layout.marker]).parent
        self.layout.check(folder, lambda file: hub_file(name, [file]))
        if self.layout.missing(folder):
            complete(name, folder.name, lambda there: self.layout.wanted(folder, there))
            if lacking := self.layout.missing(folder):
                raise CannotLoad(f"the repository {name} has no {lacking}")
        return folder

    def _checked(self, name: str, folder: Path) -> Path:
        shown, hint = folder_words(folder, bundled(self._kind).get(name))
        if not folder.is_dir():
            raise CannotLoad(f"there is no folder {shown}{hint}")

        def file(name: str) -> Path:
            if not (folder / name).is_file():
                raise CannotLoad(f"the folder {shown} has no {name}{hint}")
            return folder / name

        file(self.layout.marker)
        self.layout.check(folder, file)
        if lacking := self.layout.missing(folder):
            raise CannotLoad(f"the folder {shown} has no {lacking}{hint}")
        return folder
