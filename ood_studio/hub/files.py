"""Files of models: fetched from the Hugging Face Hub, read with one clear error, and hashed."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from ood_studio.core.errors import StudioError
from ood_studio.hub.catalogue import HUB, LOCAL, failure, short, weights_in

Failure = Callable[[str, str], StudioError]
"""The error for a model's name and the reason; each kind of model tells in its own what there is instead."""


def offline_mode() -> bool:
    """Whether the environment forbids asking the hub."""
    from huggingface_hub import constants

    asked = any(
        os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )
    return asked or bool(constants.HF_HUB_OFFLINE)


def why_no_hub() -> str | None:
    """Why the hub cannot be asked; None when it answers. One short try: the library would retry for half a minute."""
    from huggingface_hub import constants, get_session

    if offline_mode():
        return "offline mode is on (HF_HUB_OFFLINE)"
    try:
        get_session().head(constants.ENDPOINT, timeout=4.0)
    except Exception:  # whatever the HTTP library raises: there is no hub
        return f"{constants.ENDPOINT} cannot be reached"
    return None


def hub_file(name: str, repository: str, candidates: Sequence[str], failure: Failure = failure) -> Path:
    """The first of the files that the cache has or else the hub; what is cached is used without asking the hub.

    Raises:
        StudioError: the ``failure`` when it is in neither, or the hub cannot be asked.
    """
    from huggingface_hub import errors, hf_hub_download

    for filename in candidates:
        try:
            return Path(hf_hub_download(repository, filename, local_files_only=True))
        except errors.HFValidationError as error:
            raise failure(name, f"{repository!r} is not a valid repository name") from error
        except (OSError, ValueError):  # not in the cache
            continue
    no_hub = why_no_hub()
    if no_hub:
        raise failure(name, f"no network ({no_hub}) and {repository} is not in the local Hugging Face cache")
    for filename in candidates:
        with suppress(errors.EntryNotFoundError), downloading(name, repository, filename, failure):
            return Path(hf_hub_download(repository, filename))
    raise failure(name, f"the repository {repository} has no {' or '.join(candidates)}")


@contextmanager
def downloading(name: str, repository: str, what: str, failure: Failure = failure) -> Iterator[None]:
    """Turns what the hub's library raises during a download into one sentence, but for an absent file's error.

    Raises:
        StudioError: the ``failure`` naming the model, ``what`` was to be had, and the reason.
        EntryNotFoundError: the repository has no such file.
    """
    from huggingface_hub import errors

    try:
        yield
    except StudioError:
        raise
    except errors.GatedRepoError as error:
        raise failure(name, f"{repository} is gated: accept its terms on the hub and log in") from error
    except errors.RepositoryNotFoundError as error:
        raise failure(name, f"the hub has no public repository {repository}") from error
    except errors.LocalEntryNotFoundError as error:
        raise failure(name, f"no network: the download of {what} from {repository} failed") from error
    except errors.EntryNotFoundError:
        raise
    except Exception as error:
        raise failure(name, f"the download of {what} from {repository} failed ({first_line(error)})") from error


def repository_of(name: str, library: str) -> str:
    """The ORG/REPO of a hub model's name, with the ``library`` prefix it starts with.

    Raises:
        BackboneError: when it is not of that form.
    """
    repository = name.removeprefix(library + HUB)
    parts = repository.split("/")
    if len(parts) != 2 or not all(parts):
        raise failure(name, f"a hub model is named {library}{HUB}ORG/REPO")
    return repository


def files_in(
    name: str, folder: Path, config: str, preferred: Sequence[str], shown: str = "", hint: str = ""
) -> tuple[Path, Path]:
    """The configuration and the weights file of a model in a folder.

    Args:
        name: the model's.
        config: the file name of its configuration.
        preferred: file names of weights, the best first.
        shown: what errors call the folder, where not its path.
        hint: what errors add.

    Raises:
        BackboneError: when either is missing or the folder cannot be read.
    """
    shown = shown or str(folder)
    if name.endswith(":" + LOCAL):
        raise failure(name, f"a folder is named {name}PATH")
    try:
        if not folder.is_dir():
            raise failure(name, f"there is no folder {shown}{hint}")
        if not (folder / config).is_file():
            raise failure(name, f"the folder {shown} has no {config}{hint}")
        weights = weights_in(folder, preferred)
    except OSError as error:
        raise failure(name, f"its folder cannot be read ({first_line(error)})") from error
    if weights is None:
        raise failure(name, f"the folder {shown} has no weights file {preferred[0]}{hint}")
    return folder / config, weights


def read_json(name: str, path: Path, failure: Failure = failure) -> dict[str, Any]:
    """A model's configuration file.

    Raises:
        StudioError: the ``failure`` when it is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise failure(name, f"its {path.name} is not valid JSON ({first_line(error)})") from error
    if not isinstance(content, dict):
        raise failure(name, f"its {path.name} is not a JSON object")
    return content


@contextmanager
def building(name: str, file: str, device: torch.device, failure: Failure = failure) -> Iterator[None]:
    """Turns what a library raises while it builds a model and reads its weights into one sentence.

    Raises:
        StudioError: the ``failure`` naming the model, its weights ``file`` and the reason.
    """
    from safetensors import SafetensorError

    try:
        yield
    except StudioError:
        raise
    except torch.OutOfMemoryError as error:
        raise failure(name, f"it does not fit into the memory of {device}") from error
    except Exception as error:  # open_clip and timm raise anything for a configuration they cannot build
        unreadable = (SafetensorError, pickle.UnpicklingError, EOFError)
        if isinstance(error, unreadable) or isinstance(error.__cause__, unreadable):  # timm wraps it
            why = f"its weights file {file} is damaged or not safe to load ({first_line(error)})"
        elif "state_dict" in str(error):
            why = f"its weights file {file} does not fit its configuration"
        else:
            why = f"its files {file} and configuration make no model ({first_line(error)})"
        raise failure(name, why) from error


def fingerprint(weights: Path, settings: Sequence[Any], others: Iterable[Path] = ()) -> str:
    """A hash of a weights file, of settings that can be written as JSON, and of other files with their names."""
    weights = weights.resolve()
    digest = hashlib.sha256()
    # The hub's cache names large files by their SHA-256 already.
    in_cache = weights.parent.name == "blobs" and len(weights.name) == 64
    digest.update(weights.name.encode() if in_cache else _sha256(weights).encode())
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in others:
        digest.update(f"{file.name} {_sha256(file)}".encode())
    return digest.hexdigest()[:32]


def first_line(error: BaseException) -> str:
    """The first line of an error, for use inside a sentence."""
    lines = str(error).strip().splitlines()
    return short(lines[0].rstrip("."), 200) if lines else type(error).__name__


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
