"""What a model costs, known before anything is loaded: download, memory, licence, and whether it is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Published:
    """What the project knows of a published model: its `ModelInfo` fields of the same names."""

    title: str
    download: float | None = None
    memory: Mapping[str, float] = field(default_factory=dict)
    licence: str | None = None
    image_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What is known of a model before anything is loaded.

    Attributes:
        name: as it was asked for.
        title: for people.
        here: whether all its files are on this machine, so that nothing is downloaded.
        bundled: whether it comes with the app.
        download: about how many GB (10⁹ bytes) are downloaded; 0 where it is here, None where nobody knows.
        memory: about how many GiB it needs for one image (and its gradient, where one is taken), by precision; empty
            where nobody knows.
        licence: its name, as its publisher gives it; None where nobody knows.
        image_size: height and width of its images in pixels; None where nobody knows before its files are here.
    """

    name: str
    title: str
    here: bool
    bundled: bool
    download: float | None
    memory: Mapping[str, float] = field(default_factory=dict)
    licence: str | None = None
    image_size: int | None = None


def licence_in(folder: Path | None) -> str | None:
    """The licence that the card (README.md) in a model's folder names; None without one."""
    from huggingface_hub import metadata_load

    try:
        about = metadata_load(folder / "README.md") if folder else None
    except Exception:  # whatever its YAML is worth: people write it
        return None
    found = (about or {}).get("license_name") or (about or {}).get("license")
    return found if isinstance(found, str) and found != "other" else None
