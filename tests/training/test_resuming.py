"""The trainings of all bundled models in a few steps: an interrupted run ends like one that was not, bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ood_studio.backbones import load_backbone
from ood_studio.core.paths import cache_dir
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.training import alignment
from ood_studio.training.autoencoder.recipe import AutoencoderRecipe
from ood_studio.training.autoencoder.training import train as autoencoder
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.classifier.training import train as classifier
from ood_studio.training.clip import training as clip
from ood_studio.training.clip.recipe import RECIPES
from ood_studio.training.contexts.recipe import ContextsRecipe
from ood_studio.training.contexts.training import train as contexts
from ood_studio.training.inpainting.recipe import InpaintingRecipe
from ood_studio.training.inpainting.training import train as inpainting
from ood_studio.training.loop import TrainingRun
from tests.training.conftest import QUICK, QUICK_CLIP

Train = Callable[[Path, float], Path]


@pytest.fixture(scope="module")
def trained_autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("autoencoder")
    return autoencoder(AutoencoderRecipe(**QUICK, sharpen=2, out=out))


def check(train: Train, interruptions: int, tmp_path: Path) -> Path:
    """Trains in one go, then with an interruption after every step but the last; returns the folder of the model."""
    runs = cache_dir() / "training"
    shutil.rmtree(runs, ignore_errors=True)
    straight = train(tmp_path / "straight", 1e6)
    curves = {path.relative_to(runs): path.read_bytes() for path in runs.glob("*/curves.csv")}
    shutil.rmtree(runs)
    save = TrainingRun._save

    def die(run: TrainingRun[torch.nn.Module]) -> None:
        save(run)
        if run.step < run.recipe.steps:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingRun, "_save", die)
        for _ in range(interruptions):
            with pytest.raises(KeyboardInterrupt):
                train(tmp_path / "resumed", 0.0)
    resumed = train(tmp_path / "resumed", 0.0)
    weights = [path.relative_to(straight) for path in sorted(straight.rglob("*.safetensors"))]
    assert weights and curves
    for path in weights:
        assert (straight / path).read_bytes() == (resumed / path).read_bytes(), path
    assert curves == {path.relative_to(runs): path.read_bytes() for path in runs.glob("*/curves.csv")}
    return resumed


def test_autoencoder(tmp_path: Path) -> None:
    recipe = AutoencoderRecipe(**QUICK, sharpen=2)
    check(
        lambda out, seconds: autoencoder(replace(recipe, out=out, checkpoint_seconds=seconds)),
        2 + 1,
        tmp_path,
    )


def test_classifier(trained_autoencoder: Path, tmp_path: Path) -> None:
    recipe = ClassifierRecipe(**QUICK, anywhere=64, start=trained_autoencoder)
    folder = check(lambda out, seconds: classifier(replace(recipe, out=out, checkpoint_seconds=seconds)), 2, tmp_path)
    assert load_backbone(f"timm:local-dir:{folder}", device="cpu").labels == ID_CLASSES


def test_inpainting(trained_autoencoder: Path, tmp_path: Path) -> None:
    recipe = InpaintingRecipe(**QUICK, boxes=16, start=trained_autoencoder)
    check(lambda out, seconds: inpainting(replace(recipe, out=out, checkpoint_seconds=seconds)), 2, tmp_path)


def test_contexts(tmp_path: Path) -> None:
    recipe = ContextsRecipe(**QUICK, words_from=0.4)
    check(lambda out, seconds: contexts(replace(recipe, out=out, checkpoint_seconds=seconds)), 2, tmp_path)


def test_clip_and_its_alignment(small_vocabulary: None, tmp_path: Path) -> None:
    """The convolutional model first, which teaches the vision transformer; both end in models that open_clip loads."""
    import open_clip

    teacher = ""
    for model in ("conv", "vit"):
        recipe = replace(RECIPES[model], **QUICK_CLIP, prompts=16, align_from=0.3, whole_from=0.6, teacher=teacher)  # type: ignore[index]
        main = check(
            lambda out, seconds, recipe=recipe: clip.train(replace(recipe, out=out, checkpoint_seconds=seconds)),  # type: ignore[misc]
            2,
            tmp_path / model,
        )
        last = alignment.AlignmentRecipe(**QUICK_CLIP, model=model, others=10, start=main)  # type: ignore[arg-type]
        folder = check(
            lambda out, seconds, last=last: alignment.train(replace(last, out=out, checkpoint_seconds=seconds)),  # type: ignore[misc]
            2,
            tmp_path / f"{model}-aligned",
        )
        teacher = str(folder)
        loaded = open_clip.create_model(f"local-dir:{folder}").eval()
        with torch.inference_mode():
            vectors = loaded.encode_image(torch.rand(2, 3, 64, 64))
        assert vectors.shape == (2, 128) and np.isfinite(vectors.numpy()).all()
