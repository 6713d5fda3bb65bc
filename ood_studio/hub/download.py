"""Files from the Hugging Face Hub: what is cached is used without asking; a failure is one clear reason."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.hub.errors import CannotLoad, first_line

_PATIENCE = 2.5  # seconds until the hub must have answered


def offline_mode() -> bool:
    """Whether the environment forbids asking the hub."""
    from huggingface_hub import constants

    asked = any(
        os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}
        for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )
    return asked or bool(constants.HF_HUB_OFFLINE)


def why_no_hub() -> str | None:
    """Why the hub cannot be asked; None when it answers. One short try: the library would retry for half a minute.

    Looking up a name, connecting and waiting for an answer have limits of their own, or none: all together have this.
    """
    from huggingface_hub import constants, get_session

    if offline_mode():
        return "offline mode is on (HF_HUB_OFFLINE)"
    answers: queue.Queue[bool] = queue.Queue()

    def ask() -> None:
        try:
            get_session().head(constants.ENDPOINT, timeout=_PATIENCE)
            answers.put(True)
        except Exception:  # whatever the HTTP library raises: there is no hub
            answers.put(False)

    threading.Thread(target=ask, name="ask-hub", daemon=True).start()
    with suppress(queue.Empty):
        if answers.get(timeout=_PATIENCE):
            return None
    return f"{constants.ENDPOINT} cannot be reached"


def hub_file(repository: str, candidates: Sequence[str]) -> Path:
    """The first of the files that the cache has or else the hub; what is cached is used without asking the hub.

    Raises:
        CannotLoad: when it is in neither, or the hub cannot be asked.
    """
    from huggingface_hub import errors, hf_hub_download

    for filename in candidates:
        try:
            return Path(hf_hub_download(repository, filename, local_files_only=True))
        except errors.HFValidationError as error:
            raise CannotLoad(f"{repository!r} is not a valid repository name") from error
        except (OSError, ValueError):  # not in the cache
            continue
    no_hub = why_no_hub()
    if no_hub:
        raise CannotLoad(f"no network ({no_hub}) and {repository} is not in the local Hugging Face cache")
    for filename in candidates:
        with suppress(errors.EntryNotFoundError), _downloading(repository, filename):
            return Path(hf_hub_download(repository, filename))
    raise CannotLoad(f"the repository {repository} has no {' or '.join(candidates)}")


def complete(repository: str, commit: str, choose: Callable[[Collection[str]], Sequence[str]]) -> None:
    """Downloads what the cache lacks of a model.

    Args:
        repository: ORG/REPO.
        commit: of the files that are there already, so that all are of one version.
        choose: from the paths in the repository those that are wanted.

    Raises:
        CannotLoad: when the hub cannot be asked or a download fails, and from ``choose``.
    """
    from huggingface_hub import HfApi, snapshot_download

    no_hub = why_no_hub()
    if no_hub:
        raise CannotLoad(f"no network ({no_hub}) and {repository} is not whole in the local Hugging Face cache")
    with _downloading(repository, "the model"):
        wanted = choose(set(HfApi().list_repo_files(repository, revision=commit)))
        snapshot_download(repository, revision=commit, allow_patterns=list(wanted))


@contextmanager
def _downloading(repository: str, what: str) -> Iterator[None]:
    """Turns what the hub's library raises during a download into one reason, but for an absent file's error.

    Raises:
        CannotLoad: what was to be had, and why it was not.
        EntryNotFoundError: the repository has no such file.
    """
    from huggingface_hub import errors

    try:
        yield
    except StudioError:
        raise
    except errors.GatedRepoError as error:
        raise CannotLoad(f"{repository} is gated: accept its terms on the hub and log in") from error
    except errors.RepositoryNotFoundError as error:
        raise CannotLoad(f"the hub has no public repository {repository}") from error
    except errors.LocalEntryNotFoundError as error:
        raise CannotLoad(f"no network: the download of {what} from {repository} failed") from error
    except errors.EntryNotFoundError:
        raise
    except Exception as error:
        raise CannotLoad(f"the download of {what} from {repository} failed ({first_line(error)})") from error
