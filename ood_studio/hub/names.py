"""What models are called that come bundled, from the Hugging Face Hub or from a folder, and which of them are here."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.hub.catalogue import LOCAL, short

BUNDLED = "diorama"


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What is known of a model before anything is loaded.

    Attributes:
        name: as it was asked for.
        title: for people.
        here: whether all its files are on this machine, so that nothing is downloaded.
        bundled: whether it comes with the app.
        download: about how many GB (10⁹ bytes) are downloaded; 0 where it is here, None where nobody knows.
        memory: about how many GiB it needs for one picture (and its gradient, where one is taken), by precision; empty
            where nobody knows.
    """

    name: str
    title: str
    here: bool
    bundled: bool
    download: float | None
    memory: Mapping[str, float]


@dataclass(frozen=True)
class Known:
    """What the project knows of a published model: its `ModelInfo` fields of the same names."""

    title: str
    download: float
    memory: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Names:
    """The names of one kind of models: ``diorama``, ORG/REPO or ``local-dir:PATH``.

    Attributes:
        offered: names that the interface offers.
        folder: where the bundled model lies.
        marker: the file that every model of this kind has, relative to its folder.
        is_one: whether such a file is of a model of this kind.
        missing: the first file that a folder lacks; None where it is whole.
        error: what is raised, with one sentence.
        gone: names that the hub had once, and where the same model is now.
    """

    offered: tuple[str, ...]
    folder: Callable[[], Path]
    marker: str
    is_one: Callable[[Path], bool]
    missing: Callable[[Path], str | None]
    error: Callable[[str], StudioError]
    gone: Mapping[str, str] = field(default_factory=dict)

    def failure(self, name: str, why: str) -> StudioError:
        """The error for a model that could not be had or used."""
        others = [each for each in self.available_offline() if each != name]
        offer = f"available offline: {', '.join(others)}" if others else "no other model is available offline"
        return self.error(f"Cannot load {short(name, 200)!r}: {why}; {offer}.")

    def available_offline(self) -> list[str]:
        """Names that load without a network: the bundled model, then what lies in the Hugging Face cache."""
        from huggingface_hub import constants

        cached = [
            folder.name.removeprefix("models--").replace("--", "/")
            for folder in sorted(Path(constants.HF_HUB_CACHE).glob("models--*--*"))
            if any(map(self.is_one, folder.glob(f"snapshots/*/{self.marker}")))
        ]
        return [name for name in (BUNDLED, *cached) if (where := self.folder_of(name)) and not self.missing(where)]

    def check(self, name: str) -> None:
        """Checks that a name is of one of the forms.

        Raises:
            StudioError: naming the forms.
        """
        if is_folder(name) and name != LOCAL:
            return
        parts = name.split("/")
        if name in self.gone:
            raise self.failure(name, f"it is gone from the hub; {self.gone[name]} holds the same model")
        if len(parts) == 2 and all(parts) and not name.startswith(LOCAL):
            return
        close = difflib.get_close_matches(name, self.offered, n=1)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise self.failure(name, f"unknown name ({meant}expected {BUNDLED}, ORG/REPO or {LOCAL}PATH)")

    def folder_of(self, name: str) -> Path | None:
        """Where a model's files lie on this machine, or should; None for a hub model of which there is nothing."""
        if name == BUNDLED:
            return self.folder()
        if name.startswith(LOCAL):
            return Path(name.removeprefix(LOCAL)).expanduser()
        from huggingface_hub import try_to_load_from_cache
        from huggingface_hub.errors import HFValidationError

        try:
            marker = try_to_load_from_cache(name, self.marker)
        except HFValidationError:
            return None
        return Path(marker).parent if isinstance(marker, str) else None

    def look(self, name: str) -> tuple[Path | None, bool]:
        """`folder_of` a model, and whether all its files are there.

        Raises:
            StudioError: for a name that is none.
        """
        self.check(name)
        folder = self.folder_of(name)
        return folder, folder is not None and self.missing(folder) is None

    def state(self, name: str) -> tuple[tuple[str, int, int], ...]:
        """Names, sizes and times of the files of a model in a folder, which training may replace; else nothing."""
        folder = self.folder_of(name) if is_folder(name) else None
        try:
            files = sorted(folder.rglob("*")) if folder else []
            return tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.is_file())
        except OSError:  # loading says what is wrong with it
            return ()


def model_info(
    name: str, here: bool, known: Known | None, bundled_title: str, memory: Mapping[str, float]
) -> ModelInfo:
    """What is known of a model; ``memory`` is for one that is not among the known."""
    bundled = name == BUNDLED
    return ModelInfo(
        name=name,
        title=known.title if known else bundled_title if bundled else name,
        here=here,
        bundled=bundled,
        download=0 if here or is_folder(name) else known.download if known else None,
        memory=known.memory if known else memory,
    )


def is_folder(name: str) -> bool:
    """Whether a name stands for a folder of this machine rather than for a repository."""
    return name == BUNDLED or name.startswith(LOCAL)
