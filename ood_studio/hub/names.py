"""How names say where a model's files are: ``local-dir:PATH``, ``hf-hub:ORG/REPO``, with or without a family before."""

from __future__ import annotations

from pathlib import Path

from ood_studio.core.paths import given_path
from ood_studio.hub.errors import CannotLoad

LOCAL, HUB = "local-dir", "hf-hub"


def folder_in(where: str, form: str) -> Path | None:
    """The folder of ``local-dir:PATH``; None for anything else.

    Args:
        where: of a name, what stands behind its family.
        form: how such a name is written, for the error.

    Raises:
        CannotLoad: without a path.
    """
    scheme, colon, path = where.partition(":")
    if scheme != LOCAL or not colon:
        return None
    if not path:
        raise CannotLoad(f"a folder is named {form}")
    return given_path(path)


def repository_in(where: str, form: str) -> str | None:
    """The ORG/REPO of ``hf-hub:ORG/REPO``; None for anything else. See `folder_in`.

    Raises:
        CannotLoad: for something that is no ORG/REPO.
    """
    scheme, colon, repository = where.partition(":")
    if scheme != HUB or not colon:
        return None
    if not is_repository(repository):
        raise CannotLoad(f"a hub model is named {form}")
    return repository


def is_repository(text: str) -> bool:
    """Whether a text is of the form ORG/REPO."""
    parts = text.split("/")
    return len(parts) == 2 and all(parts) and ":" not in text


def names_folder(name: str) -> bool:
    """Whether a model's name, with or without a family before, is of a folder of this machine; for public servers."""
    return LOCAL in name.split(":")[:-1]
