"""From names to files on this machine: how names are written, what the cache holds, and what models cost."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ood_studio.hub import loading
from ood_studio.hub.bundled import bundled
from ood_studio.hub.cache import cached_file, cached_models
from ood_studio.hub.costs import licence_in
from ood_studio.hub.errors import CannotLoad, ModelError, naming
from ood_studio.hub.files import parameter_count
from ood_studio.hub.loading import LoadedModels, held_bytes
from ood_studio.hub.names import folder_in, is_repository, names_folder, repository_in
from ood_studio.ui.synthesize.models import costs

OLD, NEW = "0" * 40, "1" * 40


@pytest.fixture()
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty Hugging Face cache."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache: Path, repository: str, commit: str, *files: str, kind: str = "models") -> Path:
    """Files of one version of a repository, as the hub's library leaves them: links to what it calls blobs."""
    held = cache / f"{kind}--{repository.replace('/', '--')}"
    for number, file in enumerate(files):
        blob, link = held / "blobs" / f"{commit[0]}{number}", held / "snapshots" / commit / file
        blob.parent.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob.write_text(file)
        link.symlink_to(blob)
    (held / "refs").mkdir(exist_ok=True)
    (held / "refs" / "main").write_text(commit)
    return held


def test_every_bundled_model_says_where_it_lies_and_how_it_is_made() -> None:
    models = [
        model for kind in ("backbone", "classifier", "inpainting", "contexts") for model in bundled(kind).values()
    ]
    assert len(models) == 5 and list(bundled("backbone")) == ["diorama", "diorama-conv"]
    assert len({model.folder for model in models}) == len(models)
    for model in models:
        assert model.folder.is_dir() and model.title.startswith("Diorama-")
        assert model.trained_by.startswith("python -m ood_studio.training.")
        assert licence_in(model.folder) == "apache-2.0"


@pytest.mark.parametrize(
    ("where", "folder", "repository"),
    [
        ("local-dir:a/b:c", Path("a/b:c"), None),
        ("hf-hub:lab/model", None, "lab/model"),
        ("local-dir", None, None),
        ("lab/model", None, None),
        ("resnet50.a1_in1k", None, None),
    ],
)
def test_a_name_says_where_files_are(where: str, folder: Path | None, repository: str | None) -> None:
    assert folder_in(where, "local-dir:PATH") == folder
    assert repository_in(where, "hf-hub:ORG/REPO") == repository


def test_half_a_name_is_refused() -> None:
    with pytest.raises(CannotLoad, match=r"^a folder is named x:local-dir:PATH$"):
        folder_in("local-dir:", "x:local-dir:PATH")
    for where in ("hf-hub:", "hf-hub:model", "hf-hub:a/b/c", "hf-hub:/b"):
        with pytest.raises(CannotLoad, match=r"^a hub model is named x:hf-hub:ORG/REPO$"):
            repository_in(where, "x:hf-hub:ORG/REPO")


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("local-dir:/models", True),
        ("open_clip:local-dir:/models", True),
        ("open_clip:ViT-B-16/openai", False),
        ("lab/local-dir", False),
        ("diorama", False),
    ],
)
def test_names_of_folders_are_known_for_servers(name: str, local: bool) -> None:
    assert names_folder(name) == local


def test_repositories_are_of_two_parts() -> None:
    assert is_repository("lab/model")
    assert not any(map(is_repository, ("model", "/model", "lab/", "a/b/c", "local-dir:a/b", "")))


def test_the_cache_shows_the_main_version_of_models(cache: Path) -> None:
    assert cached_models() == [] and cached_file("lab/model", ["config.json"]) is None
    put(cache, "lab/model", OLD, "config.json", "old.bin")
    put(cache, "lab/model", NEW, "config.json", "unet/model.safetensors")
    put(cache, "lab/pictures", OLD, "data.csv", kind="datasets")
    broken = put(cache, "lab/broken", OLD, "config.json", "model.bin")
    (broken / "blobs" / "01").unlink()
    (cache / "models--odd").mkdir()
    (found,) = cached_models()
    assert found.repository == "lab/model" and found.folder.name == NEW
    assert found.files == {"config.json", "unet/model.safetensors"}
    assert cached_file("lab/model", ["none.bin", "config.json"]) == found.folder / "config.json"
    assert cached_file("lab/model", ["old.bin"]) is None
    assert cached_file("not a name!", ["config.json"]) is None


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\n# Model\n", "mit"),
        ("---\nlicense: other\nlicense_name: research-only\n---\n", "research-only"),
        ("---\nlicense: other\n---\n", None),
        ("---\nlicense: [\n---\n", None),
        ("# Model\n", None),
        (None, None),
    ],
)
def test_the_licence_is_that_of_the_card(tmp_path: Path, card: str | None, licence: str | None) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert licence_in(tmp_path) == licence


def test_the_numbers_of_a_file_are_counted_by_its_header(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(2, 3), "b": torch.zeros(())}, weights, {"format": "pt"})
    assert parameter_count(weights) == 7
    for damaged in (b"", b"[]", b"{", b'{"a": 1}', b'{"a": {"shape": "x"}}'):
        weights.write_bytes(len(damaged).to_bytes(8, "little") + damaged)
        assert parameter_count(weights) == 0


def test_a_reason_becomes_a_sentence_with_the_name_and_what_there_is() -> None:
    with (
        pytest.raises(ModelError, match=r"^Cannot load 'a': it is broken; available offline: b, c\.$"),
        naming("a", ModelError, lambda: ["a", "b", "c"]),
    ):
        raise CannotLoad("it is broken")
    with (
        pytest.raises(ModelError, match="it is broken; no other model is available offline"),
        naming("a", ModelError, list),
    ):
        raise CannotLoad("it is broken")


class Loaded:
    """A model with so many weights of 4 bytes, some of which two of its networks share."""

    def __init__(self, numbers: int) -> None:
        self.network = torch.nn.Linear(numbers, 1, bias=False)
        self.parts = {"again": torch.nn.Sequential(self.network), "name": "text"}


def test_loaded_models_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of 400 bytes fit into 900, three do not; one larger than all the room is kept alone, not loaded each time."""
    assert held_bytes(Loaded(100)) == 400
    monkeypatch.setattr(loading, "model_memory", lambda device: 900)
    models: LoadedModels[Loaded] = LoadedModels(9, ModelError, list)
    loads: list[str] = []

    def get(name: str, numbers: int) -> Loaded:
        def load(device: torch.device, dtype: torch.dtype) -> Loaded:
            loads.append(name)
            return Loaded(numbers)

        return models.get(name, "cpu", "float32", load, state=tuple)

    for name in "abacb":  # c sends b away, which sends a
        get(name, 100)
    assert loads == ["a", "b", "c", "b"]
    for name in ("large", "large", "c"):
        get(name, 1000 if name == "large" else 100)
    assert loads[4:] == ["large", "c"]


def test_the_costs_of_models_that_are_loaded_together_are_added_up() -> None:
    said = costs("sd2-community/stable-diffusion-2-inpainting", "llava-hf/llava-1.5-7b-hf", "diorama-classifier")
    assert "<b>Together</b>, since all of them are loaded: about 22 GiB on a GPU, 42 GiB on a CPU" in said
    assert costs("diorama", "diorama", "diorama-classifier") == ""
