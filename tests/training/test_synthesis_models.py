"""The training commands of the models of synthesis, in a few steps: an interrupted run ends like one that was not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ood_studio.core.paths import cache_dir
from ood_studio.training import autoencoder, classifier, contexts, course, inpainting

STEPS: dict[str, Any] = {"steps": 3, "batch": 4, "pictures": 64, "fresh": 16, "threads": 1, "measure_every": 2}


@pytest.fixture(scope="module")
def trained_autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_autoencoder(tmp_path_factory.mktemp("autoencoder"), Path())


def train_autoencoder(out: Path, start: Path) -> Path:
    return autoencoder.train(autoencoder.AutoencoderCourse(**STEPS, sharpen=2, out=out))


def train_classifier(out: Path, start: Path) -> Path:
    return classifier.train(classifier.ClassifierCourse(**STEPS, anywhere=64, start=start, out=out))


def train_inpainting(out: Path, start: Path) -> Path:
    return inpainting.train(inpainting.InpaintingCourse(**STEPS, boxes=16, start=start, out=out))


def train_contexts(out: Path, start: Path) -> Path:
    return contexts.train(contexts.ContextsCourse(**STEPS, words_from=0.0, out=out))


@pytest.mark.parametrize("train", [train_autoencoder, train_classifier, train_inpainting, train_contexts])
def test_an_interrupted_training_ends_like_one_that_was_not(
    train: Callable[[Path, Path], Path], trained_autoencoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(cache_dir() / "training", ignore_errors=True)
    straight = train(tmp_path / "straight", trained_autoencoder)
    shutil.rmtree(cache_dir() / "training")

    def pull_the_plug(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "append_row", pull_the_plug)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "resumed", trained_autoencoder)
    monkeypatch.undo()
    resumed = train(tmp_path / "resumed", trained_autoencoder)
    weights = [path.relative_to(straight) for path in sorted(straight.rglob("*.safetensors"))]
    assert weights
    for path in weights:
        assert (straight / path).read_bytes() == (resumed / path).read_bytes(), path
