"""What the Hugging Face cache of this machine holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CachedModel:
    """A repository of the hub, as far as it is in the cache.

    Attributes:
        repository: ORG/REPO.
        folder: with its files, those of the version that the hub called ``main`` when it was last asked.
        files: paths below the folder.
    """

    repository: str
    folder: Path
    files: frozenset[str]


def cached_models() -> list[CachedModel]:
    """Models of which the cache holds something, sorted by name; a look at folders only."""
    from huggingface_hub import CacheNotFound, constants, scan_cache_dir

    try:
        found = scan_cache_dir(constants.HF_HUB_CACHE)
    except (CacheNotFound, OSError, ValueError):
        return []
    return [
        CachedModel(
            repo.repo_id,
            revision.snapshot_path,
            frozenset(file.file_path.relative_to(revision.snapshot_path).as_posix() for file in revision.files),
        )
        for repo in sorted(found.repos, key=lambda repo: repo.repo_id)
        if repo.repo_type == "model"
        for revision in repo.revisions
        if "main" in revision.refs
    ]


def cached_file(repository: str, filenames: Sequence[str]) -> Path | None:
    """The first of some files of a repository that the cache holds."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for filename in filenames:
        try:
            found = try_to_load_from_cache(repository, filename)
        except HFValidationError:
            return None
        if isinstance(found, str):
            return Path(found)
    return None


def cached_dataset(repository: str) -> Path | None:
    """The folder of a dataset's files in the cache; None where there is none."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        cache = constants.HF_HUB_CACHE
        return Path(snapshot_download(repository, repo_type="dataset", cache_dir=cache, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError, ValueError):
        return None


def prepared_dataset(repository: str, config: str | None) -> Path | None:
    """The folder in which the package ``datasets`` keeps a dataset that it has loaded, the newest of several.

    Args:
        repository: ORG/NAME.
        config: of the dataset; None for "default", or else any.
    """
    from datasets import config as settings  # type: ignore[import-not-found,unused-ignore]
    from datasets.naming import camelcase_to_snakecase  # type: ignore[import-not-found,unused-ignore]

    owner, _, name = repository.partition("/")
    root = Path(settings.HF_DATASETS_CACHE) / f"{owner}___{camelcase_to_snakecase(name)}"
    found = sorted(root.glob("*/*/*/dataset_info.json"), key=lambda path: path.stat().st_mtime)
    by_config = {path.parents[2].name: path.parent for path in found}
    if config is not None:
        return by_config.get(config)
    return by_config.get("default", next(reversed(by_config.values()), None))
